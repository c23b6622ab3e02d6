"""Declared parameters: every default passes its own check, and whatever is not declared is refused before a run."""

import math
from dataclasses import replace

import pytest

from sspbench.config.overrides import merge_dicts, resolve_params, variants_and_readings
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.errors import UserError
from sspbench.plugins.discovery import find_plugins, get_plugin
from sspbench.plugins.kinds import KINDS_BY_FOLDER
from sspbench.plugins.parameters import Parameter, ParameterSection

ALL = [(group, name) for group in KINDS_BY_FOLDER for name in find_plugins(group)]
DECLARED = [
    pytest.param(group, path, one, id=f"{name}-{path}")
    for group, name in ALL
    for path, one in get_plugin(group, name).all_parameters.walk()
]
PARAMETERS = [param for param in DECLARED if isinstance(param.values[2], Parameter)]


def nested(path, value):
    for part in reversed(path.split(".")):
        value = {part: value}
    return value


def faults(declared, values):
    return {fault.path: f"{fault.what}; {fault.hint}" for fault in declared.find_faults(values)}


def config(**changes):
    return merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"preset": "smoke", **changes})


def refusal(**changes):
    with pytest.raises(UserError) as caught:
        Plan(config(**changes))
    return str(caught.value)


@pytest.mark.parametrize(("group", "name"), ALL)
def test_all_defaults_presets_and_alternatives_pass_their_own_checks(group, name):
    found = get_plugin(group, name)
    assert faults(found.all_parameters, found.all_parameters.default_values()) == {}
    for preset in found.meta["presets"]:
        for variant in (None, *variants_and_readings(found)):
            resolve_params(found, preset, variant)


@pytest.mark.parametrize(("group", "path", "one"), DECLARED)
def test_every_parameter_says_what_it_does(group, path, one):
    assert one.text.strip()


@pytest.mark.parametrize(("group", "path", "one"), PARAMETERS)
def test_every_parameter_refuses_values_of_another_kind(group, path, one):
    for value in (math.nan, math.inf, -math.inf, object(), {"deep": 1}):
        assert not one.accepts(value)
    if one.type != "list of text" or one.choices:
        assert not one.accepts(["Not a value"])
    if one.choices:
        assert all(not one.accepts(str(choice).swapcase()) for choice in one.choices)


@pytest.mark.parametrize(("group", "name"), ALL)
def test_a_misspelt_parameter_is_refused_at_any_depth(group, name):
    declared = get_plugin(group, name).all_parameters
    for path, _ in declared.walk():
        found = faults(declared, nested(path + "x", 1))
        assert list(found) == [path + "x"]
        assert repr(path.split(".")[-1]) in found[path + "x"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"stillgan": {"weights": {"structur": 50}}}, ["params.stillgan.weights.structur", "did you mean 'structure'"]),
        ({"sspnet": {"real": "Own"}}, ["'Own' is not allowed", "did you mean 'own'"]),
        ({"sspnet": {"steps": -3}}, ["params.sspnet.steps", "at least 1"]),
        ({"sspnet": {"steps": 0}}, ["params.sspnet.steps"]),
        ({"sspnet": {"steps": "many"}}, ["'many'", "a whole number"]),
        ({"sspnet": {"batches": 5}}, ["5 is no section", "size, resize, crop"]),
        ({"sspnet": {"weights": {"lambda1": math.nan}}}, ["nan is not allowed"]),
        ({"sspnet": {"weights": {"lambda1": ".inf"}}}, ["inf is not allowed"]),
        ({"sspnet": {"epochs": 5}}, ["either steps or epochs", "steps: 6, epochs: 5"]),
        ({"csnet": {"batches": {"partner": "cycle"}}}, ["there is no 'partner'"]),
        ({"ssp": {"alpha": 1.0}}, ["there is no 'ssp'"]),
        ({"dcp": {"windw": 3}}, ["did you mean 'window'"]),
    ],
)
def test_wrong_params_are_refused_when_the_plan_is_made(params, words):
    found = refusal(params=params, methods=["identity", "sspnet"])
    for word in words:
        assert word in found


def test_all_faults_are_told_at_once():
    found = refusal(
        params={"sspnet": {"real": "Own", "weights": {"alpha": -1}}, "dcp": {"windw": 3}},
        dataset_options={"siz": 96},
        metrics={"centreline": {"tolerance": 2}},
        methods=["identity+ghost"],
    )
    for word in ("'Own'", "alpha", "'window'", "did you mean 'size'", "tolerance_px"):
        assert word in found


def test_options_of_the_data_set_are_checked():
    assert "dataset_options.size" in refusal(dataset_options={"size": 10})
    assert Plan(config(dataset_options={"field_um": 300})).prepare_settings()["field_um"] == 300.0


def test_an_unknown_variant_is_refused_when_the_plan_is_made():
    assert "did you mean 'as_printed'" in refusal(methods=["sspnet+as_print"])


def test_values_and_lists():
    pair = Parameter([0.5, 0.9], "list of float", "a pair", min=0, max=1, length=2)
    assert pair.accepts([0, 1]) and pair.accepts((0.1, 0.2))
    assert not pair.accepts([0.5]) and not pair.accepts([0.5, 2]) and not pair.accepts(0.5)
    assert pair.allowed_text == "a list of 2 values, each a number from 0 to 1"
    threshold = Parameter("otsu", "float", "threshold", alternatives=("otsu", None), min=0, max=1)
    assert threshold.accepts("otsu") and threshold.accepts(None) and not threshold.accepts("Otsu")
    assert not Parameter(1, "int", "count").accepts(True)
    assert not Parameter(1, "int", "count").accepts(1.0)


def test_a_section_may_be_null_only_where_declared_so():
    section = ParameterSection({"a": Parameter(1, "int", "count")}, "some counts")
    outer = ParameterSection({"counts": section})
    assert "no section" in faults(outer, {"counts": None})["counts"]
    assert faults(ParameterSection({"counts": replace(section, nullable=True)}), {"counts": None}) == {}


def test_text_that_yaml_does_not_take_for_a_number_is_explained():
    assert "1.0e-4" in faults(ParameterSection({"lr": Parameter(0.1, "float", "rate")}), {"lr": "1e-4"})["lr"]


def test_the_defaults_handed_out_are_copies():
    declared = get_plugin("methods", "sspnet").all_parameters
    declared.default_values()["generator_betas"].append(1)
    assert declared.default_values()["generator_betas"] == [0.5, 0.9]


def test_faults_of_two_layers_name_their_places():
    with pytest.raises(UserError) as caught:
        resolve_params(get_plugin("methods", "sspnet"), "smoke", "gan", {"weights": {"beta": "big"}})
    assert "config: params.sspnet.weights.beta" in str(caught.value)
