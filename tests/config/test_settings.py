"""The settings of a run: one record, the same after JSON, and faulty records told by what is wrong in them."""

import json
from dataclasses import FrozenInstanceError, replace

import pytest

from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, load_default_engine, read_config, settings_without_plan
from sspbench.config.settings import ENGINE_KEYS, RERUN_NEUTRAL_KEYS, Settings
from sspbench.errors import UserError
from sspbench.jobs.weights_record import TRAIN_RECORD
from sspbench.plugins.discovery import find_trained_plugins, get_plugin
from sspbench.plugins.schemas import load_schema


@pytest.fixture(scope="module")
def plan():
    return Plan(
        merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"preset": "smoke", "methods": "all", "ablation": "sspnet"})
    )


def settings():
    return settings_without_plan(get_plugin("methods", "sspnet"), "smoke", "as_printed")


def written(folder, content):
    (folder / "jobs").mkdir()
    (folder / TRAIN_RECORD).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_the_settings_of_every_run_are_the_same_after_json(plan):
    for made in [plan.segmenter_settings(0), *(plan.train_settings(run) for run in plan.runs)]:
        assert Settings.from_json(json.loads(json.dumps(made.as_json())), "here") == made


def test_every_trained_plugin_is_found_by_its_settings():
    for found in find_trained_plugins():
        assert settings_without_plan(found, "smoke").plugin is found


def test_a_run_folder_gives_its_settings_back(tmp_path):
    assert Settings.from_run_folder(written(tmp_path, {"settings": settings().as_json()})) == settings()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"settings": {"na', ["cut or no JSON"]),
        ("[]", ["it holds list"]),
        ({"stage": "train"}, ["must be a section, got null"]),
        ({"settings": {"name": "sspnet"}}, ["`seed` is missing", "`engine` is missing"]),
        ({"settings": {**settings().as_json(), "seed": "0"}}, ["`seed` must be a whole number of at least 0, got '0'"]),
        ({"settings": {**settings().as_json(), "extra": 1}}, ["Unknown key 'extra'"]),
        ({"settings": {**settings().as_json(), "engine": {"threads": 1}}}, ["`precision` is missing"]),
    ],
)
def test_a_faulty_record_is_told(tmp_path, content, words):
    with pytest.raises(UserError) as caught:
        Settings.from_run_folder(written(tmp_path, content))
    for word in (*words, "train.json", "hint"):
        assert word in str(caught.value)


def test_a_folder_without_record_is_told(tmp_path):
    with pytest.raises(UserError, match="not the folder of a trained run"):
        Settings.from_run_folder(tmp_path)


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        settings().seed = 1


def test_what_cannot_change_a_result_decides_nothing():
    one = settings()
    assert RERUN_NEUTRAL_KEYS == ("threads", "device")
    assert replace(one, engine=replace(one.engine, threads=7)).rerun_params == one.rerun_params
    assert replace(one, engine=replace(one.engine, precision="bf16")).rerun_params != one.rerun_params


def test_every_engine_key_is_a_key_of_the_config_with_a_default():
    assert set(ENGINE_KEYS) <= set(load_schema("config")["properties"])
    assert set(ENGINE_KEYS) <= set(read_config(DEFAULT_CONFIG_FILE))


def test_vgg16_of_the_engine_serves_methods_that_name_none():
    made = settings_without_plan(get_plugin("methods", "msgnet"), "smoke")
    given = replace(made, engine=replace(load_default_engine(), vgg16="vgg.pth"))
    assert given.plugin_params["vgg16"] == "vgg.pth"
    assert replace(given, params={**given.params, "vgg16": "own.pth"}).plugin_params["vgg16"] == "own.pth"
    assert given.for_inference.plugin_params["vgg16"] is None
    assert "vgg16" not in settings().plugin_params
