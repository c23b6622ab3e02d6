"""Several data sets in one run."""

import re

import pytest

from sspbench.checkout import ROOT
from sspbench.config.datasets import build_plans
from sspbench.config.plan import DEFAULT_CONFIG_FILE, merge_dicts, read_config
from sspbench.errors import UserError
from sspbench.plugins.schemas import load_schema


def given(**config):
    return merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"methods": ["identity"], "ablation": None, **config})


def test_without_a_list_there_is_the_one_of_the_config():
    assert list(build_plans(given())) == ["cornsim"]


def test_each_has_its_own_name_options_and_place(tmp_path):
    listed = [
        {"id": "sparse"},
        {"id": "dense", "options": {"test": 3}, "data_seed": 7},
        {"dataset": "folder", "data_root": str(tmp_path)},
    ]
    found = build_plans(given(datasets=listed, dataset_options={}), tmp_path / "results")
    assert list(found)[:2] == ["sparse", "dense"]
    assert [plan.dataset.name for plan in found.values()] == ["cornsim", "cornsim", "folder"]
    assert found["dense"].prepare_settings()["options"]["test"] == 3
    assert found["dense"].prepare_settings()["seed"] == 7
    assert len({plan.layout.root for plan in found.values()} | {plan.layout.data for plan in found.values()}) == 6
    assert found["dense"].layout.manifest.as_posix() == "data/cornsim/images/dense/demo/manifest.json"
    again = build_plans(found["dense"].config, tmp_path / "results")
    assert again["dense"].layout == found["dense"].layout


def test_all_faults_are_told_at_once():
    listed = [{"id": "a"}, {"id": "a"}, {"id": "b", "options": {"tset": 3}}, {"id": "c", "dataset": "cornsin"}]
    with pytest.raises(UserError) as told:
        build_plans(given(datasets=listed))
    for part in ("datasets.1", "Two are named 'a'", "Did you mean 'test'", "datasets.3", "'cornsim'"):
        assert part in str(told.value)


@pytest.mark.parametrize("entry", [{"id": "../a"}, {"idd": "a"}, "cornsim"])
def test_an_entry_of_another_shape_is_refused(entry):
    with pytest.raises(UserError, match="config"):
        build_plans(given(datasets=[entry]))


def test_no_entry_may_change_what_the_rules_read_from_the_first_plan():
    read = re.findall(r"""FIRST_PLAN\.(?:config\[['"])?(\w+)""", (ROOT / "Snakefile").read_text())
    assert set(read) == {"preset", "segmenter", "checkpoints", "threads"}
    assert load_schema("config")["properties"]["datasets"]["items"]["properties"].keys().isdisjoint(read)
    for key in read:
        with pytest.raises(UserError, match=f"Unknown key '{key}'"):
            build_plans(given(datasets=[{"id": "a"}, {"id": "b", key: 1}]))
