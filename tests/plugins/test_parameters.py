"""Declared parameters: every default passes its own check, and every undeclared value is refused before a run."""

import math

import pytest

from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.overrides import merge_dicts, resolve_params, variants_and_readings
from sspbench.config.plan import Plan
from sspbench.errors import Faults, UserError
from sspbench.plugins.discovery import find_plugins, get_plugin
from sspbench.plugins.kinds import KINDS_BY_FOLDER
from sspbench.plugins.metric_families import find_metric_files, load_options_schema
from sspbench.plugins.parameter_schemas import build_object_schema, default_values
from sspbench.plugins.schema_words import is_section, list_parameters
from sspbench.plugins.schemas import add_declaration_faults, find_faults

ALL = [(group, name) for group in KINDS_BY_FOLDER for name in find_plugins(group)]
DECLARED = [
    pytest.param(path, one, id=f"{name}-{path}")
    for group, name in ALL
    for path, one in list_parameters(get_plugin(group, name).all_parameters)
]
PARAMETERS = [param for param in DECLARED if not is_section(param.values[1])]


def nested(path, value):
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def faults(declared, values):
    return {fault.path: f"{fault.what}; {fault.hint}" for fault in find_faults(values, declared, noun="parameter")}


def is_allowed(one, value):
    return not list(find_faults(value, one))


def config(**changes):
    return merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"preset": "smoke", **changes})


def refusal(**changes):
    with pytest.raises(UserError) as caught:
        Plan(config(**changes))
    return str(caught.value)


@pytest.mark.parametrize(("group", "name"), ALL)
def test_all_defaults_presets_and_variants_pass_their_own_checks(group, name):
    found = get_plugin(group, name)
    assert faults(found.all_parameters, default_values(found.all_parameters)) == {}
    for preset in found.meta["presets"]:
        for variant in (None, *variants_and_readings(found)):
            resolve_params(found, preset, variant)


@pytest.mark.parametrize("name", find_metric_files())
def test_the_defaults_of_metric_options_pass_their_own_checks(name):
    declared = load_options_schema(name)
    assert faults(declared, default_values(declared)) == {}
    assert all(one["description"].strip() for _, one in list_parameters(declared))


@pytest.mark.parametrize(("path", "one"), DECLARED)
def test_every_parameter_says_what_it_does(path, one):
    assert one["description"].strip()


@pytest.mark.parametrize(("path", "one"), PARAMETERS)
def test_every_parameter_refuses_values_of_another_kind(path, one):
    for value in (math.nan, math.inf, -math.inf, 1e30, {"deep": 1}, [{}]):
        assert not is_allowed(one, value)
    for choice in one.get("enum", []):
        assert is_allowed(one, choice)
        assert not isinstance(choice, str) or not is_allowed(one, choice.swapcase())


@pytest.mark.parametrize(("group", "name"), ALL)
def test_a_misspelt_parameter_is_refused_at_any_depth(group, name):
    declared = get_plugin(group, name).all_parameters
    for path, _ in list_parameters(declared):
        found = faults(declared, nested(path + "x", 1))
        assert list(found) == [path + "x"]
        assert f"Unknown parameter {path.split('.')[-1] + 'x'!r}" in found[path + "x"]
        assert repr(path.split(".")[-1]) in found[path + "x"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"stillgan": {"weights": {"structur": 50}}},
            ["params.stillgan.weights.structur", "Unknown parameter 'structur'", "Did you mean 'structure'?"],
        ),
        ({"sspnet": {"beta": 5}}, ["Unknown parameter 'beta'", "Did you mean 'weights.beta'?"]),
        ({"sspnet": {"real": "Own"}}, ["`real` must be one of", "got 'Own'", "Did you mean 'own'?"]),
        ({"sspnet": {"steps": -5}}, ["params.sspnet.steps", "`steps` must be at least 1, got -5"]),
        ({"sspnet": {"steps": 0}}, ["`steps` must be at least 1, got 0"]),
        ({"sspnet": {"steps": 1.0}}, ["`steps` must be a whole number of at least 1, or null, got 1.0"]),
        ({"sspnet": {"steps": 1e30}}, ["params.sspnet.steps", "1e+30 is out of range"]),
        ({"sspnet": {"steps": "many"}}, ["a whole number", "got 'many'"]),
        ({"sspnet": {"steps": True}}, ["a whole number", "got true"]),
        ({"sspnet": {"batches": 5}}, ["`batches` must be a section, got 5"]),
        ({"sspnet": {"generator_betas": [0.5]}}, ["`generator_betas` must have at least 2 values, got 1"]),
        ({"sspnet": {"weights": {"lambda1": math.nan}}}, ["nan is not allowed"]),
        ({"sspnet": {"weights": {"lambda1": ".inf"}}}, ["inf is not allowed"]),
        ({"sspnet": {"epochs": 5}}, ["either steps or epochs", "steps: 6, epochs: 5"]),
        ({"csnet": {"batches": {"partner": "cycle"}}}, ["Unknown parameter 'partner'"]),
        (
            {"csnet": {"threshold": "Otsu"}},
            ["`threshold` must be otsu, or a number from 0 to 1", "Did you mean 'otsu'?"],
        ),
        ({"ssp": {"alpha": 1.0}}, ["Unknown method or segmenter 'ssp'"]),
        ({"dcp": {"windw": 3}}, ["Did you mean 'window'?"]),
    ],
)
def test_wrong_params_are_refused_when_the_plan_is_made(params, words):
    found = refusal(params=params, methods=["identity", "sspnet"])
    for word in words:
        assert word in found


def test_all_faults_are_reported_at_once():
    found = refusal(
        params={"sspnet": {"real": "Own", "weights": {"alpha": -1}}, "dcp": {"windw": 3}},
        dataset_options={"siz": 96},
        metrics={"centreline": {"tolerance": 2}},
        methods=["identity+ghost"],
    )
    for word in ("'Own'", "`alpha` must be at least 0, got -1", "'window'", "Did you mean 'size'", "tolerance_px"):
        assert word in found


def test_options_of_the_data_set_are_checked():
    assert "`size` must be at least 64, got 10" in refusal(dataset_options={"size": 10})
    assert Plan(config(dataset_options={"field_um": 300})).prepare_settings()["field_um"] == 300.0


def test_an_unknown_variant_is_refused_when_the_plan_is_made():
    assert "Did you mean 'as_printed'?" in refusal(methods=["sspnet+as_print"])


def test_values_and_lists():
    pair = {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 2, "maxItems": 2}
    assert is_allowed(pair, [0, 1])
    assert not is_allowed(pair, [0.5])
    assert not is_allowed(pair, [0.5, 2])
    assert not is_allowed(pair, 0.5)
    assert not is_allowed({"type": "integer"}, True)
    assert not is_allowed({"type": "integer"}, 1.0)


def test_a_section_may_be_null_only_where_declared_so():
    count = {"type": "integer", "default": 1, "description": "count"}
    section = {"type": "object", "description": "some counts", "properties": {"a": count}}
    assert "must be a section" in faults(build_object_schema({"counts": section}), {"counts": None})["counts"]
    nullable = build_object_schema({"counts": {**section, "type": ["object", "null"]}})
    assert faults(nullable, {"counts": None}) == {}
    assert list(faults(nullable, {"counts": {"b": 1}})) == ["counts.b"]


def test_text_that_yaml_does_not_read_as_a_number_is_explained():
    rate = {"type": "number", "default": 0.1, "description": "rate"}
    assert "1.0e-4" in faults(build_object_schema({"lr": rate}), {"lr": "1e-4"})["lr"]


def test_the_defaults_handed_out_are_copies():
    declared = get_plugin("methods", "sspnet").all_parameters
    default_values(declared)["generator_betas"].append(1)
    assert default_values(declared)["generator_betas"] == [0.5, 0.9]


def test_faults_of_two_layers_name_their_places():
    with pytest.raises(UserError) as caught:
        resolve_params(get_plugin("methods", "sspnet"), "smoke", "gan", {"weights": {"beta": "big"}})
    assert "config: params.sspnet.weights.beta" in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (
            {"default": 1, "type": "int", "min": 0, "or": None, "text": "x"},
            [
                "'count' is declared in the form before version 1.0",
                "write count: {type: [integer, 'null'], default: 1, minimum: 0, description: x}",
            ],
        ),
        (
            {"default": [1.5], "type": "list of float", "above": 0, "length": 1, "text": "x"},
            ["{type: array, default: [1.5], items: {type: number, exclusiveMinimum: 0}, minItems: 1, maxItems: 1,"],
        ),
        (
            {"default": "otsu", "type": "float", "max": 1, "or": "otsu", "text": "x"},
            ["write count: {anyOf: [{enum: [otsu]}, {type: number, maximum: 1}], default: otsu, description: x}"],
        ),
        (
            {"text": "x", "fields": {"a": {"default": "b", "type": "text", "choices": ["b"], "text": "y"}}},
            ["{type: object, description: x, properties: {a: {type: string, default: b, enum: [b], description: y}}}"],
        ),
        ({"type": "int", "default": 1, "description": "x"}, ["`type` must be", "got 'int'"]),
        ({"type": "integer", "default": 1}, ["`description` is missing"]),
        ({"type": "integer", "description": "x"}, ["`default` is missing"]),
        ({"default": 1, "description": "x"}, ["`type` is missing"]),
        ({"type": ["integer", None], "default": 1, "description": "x"}, ['"null" in quotes']),
        ({"type": "integer", "default": 1, "description": "x", "minimun": 1}, ["Did you mean 'minimum'?"]),
        (5, ["Declare it as {type: ..., default: ..., description: ...}"]),
    ],
)
def test_a_declaration_that_is_not_json_schema_is_refused_with_the_new_form(declared, words):
    found = Faults("The declaration has faults")
    add_declaration_faults({"count": declared}, found, "method.yaml: params")
    text = "\n".join(map(str, found.items))
    for word in (*words, "method.yaml: params.count"):
        assert word in text
