"""Rows that a config adds: a method with other params under a name of the user's."""

import pytest

from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.errors import UserError

BASE = {"methods": ["identity", "sspnet"], "ablation": None}


def plan(**config):
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {**BASE, **config}))


def test_a_row_is_run_beside_its_method_with_its_own_params():
    rows = {"sspnet": {"more": {"weights": {"beta": 9.0}}, "short": {"steps": 7}}}
    found = plan(rows=rows, params={"sspnet": {"steps": 50}})
    runs = {run.id: run for run in found.runs}
    assert {"sspnet", "sspnet+more", "sspnet+short"} <= set(runs)
    assert runs["sspnet+more"].label == "SSP-Net (more)"
    names = ("sspnet", "sspnet+more", "sspnet+short")
    assert [found.resolve_run_params(runs[name])["steps"] for name in names] == [50, 50, 7]
    assert found.resolve_run_params(runs["sspnet+more"])["weights"]["beta"] == 9.0
    assert found.resolve_run_params(runs["sspnet"])["weights"]["beta"] != 9.0
    assert found.train_settings(found.get_run("sspnet+more", 0)).label == "sspnet+more"


def test_what_is_wrong_with_rows_is_told_all_at_once():
    rows = {
        "sspnet": {"a": {"betta": 1.0}, "gan": {}, "untrained": {}},
        "sspnett": {"b": {}},
        "identity": {"c": {"x": 1}},
    }
    with pytest.raises(UserError) as told:
        plan(rows=rows)
    text = str(told.value)
    for part in (
        "rows.sspnet.a",
        "Did you mean 'weights.beta'",
        "'gan' already",
        "'untrained' already",
        "'sspnet'?",
        "rows.identity.c",
    ):
        assert part in text, part


@pytest.mark.parametrize("name", ["a/b", "", "../x", "a b"])
def test_a_row_is_named_as_a_folder_can_be(name):
    with pytest.raises(UserError):
        plan(rows={"sspnet": {name: {}}})
