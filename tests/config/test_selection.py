"""Which methods a config asks for, and in which order their rows stand."""

from pathlib import Path

import pytest

from sspbench.commands.cli import main
from sspbench.config.external_rows import EXTERNAL_KIND
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.config.selection import METHOD_SETS, select_methods
from sspbench.errors import UserError
from sspbench.plugin_checks.commands import write_new_plugin
from sspbench.plugin_checks.plugin_check import check_plugin
from sspbench.plugins.discovery import Plugin, find_plugins
from sspbench.plugins.row_groups import OWN_GROUP, ROW_GROUPS, row_group
from sspbench.plugins.schemas import load_schema

PAPER = ["identity", "dcp", "msgnet", "enlightengan", "stillgan", "sspnet"]


def plan(**config: object) -> Plan:
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"ablation": None, **config}))


def ids(**config: object) -> list[str]:
    return [run.id for run in plan(**config).runs]


def test_paper_is_the_six_rows_and_what_the_simulation_knows():
    assert [name for name in ids(methods="paper") if row_group(find_plugins("methods")[name].meta) != "oracle"] == PAPER
    assert "oracle" in ids(methods="paper")
    assert "oracle" not in ids(methods="paper", dataset="folder", data_root=str(Path(__file__).parent))


def test_words_and_names_mix_and_none_is_run_twice():
    names = ids(methods=["paper", "dcp", "sspnet+as_printed"])
    assert set(names) >= {*PAPER, "sspnet+as_printed"}
    assert len(names) == len(set(names))
    assert ids(methods=["dcp", "identity"]) == ["identity", "dcp"]


def test_the_default_runs_a_folder_that_was_dropped_in_and_no_other_published_method():
    others = {"theirs": Plugin("methods", "theirs", Path(), {"label": "Theirs", "kind": "learned", "group": "others"})}
    mine = {"mine": Plugin("methods", "mine", Path(), {"label": "Mine", "kind": "classical"})}
    default = read_config(DEFAULT_CONFIG_FILE)["methods"]
    chosen = [name for name, _ in select_methods(default, {**find_plugins("methods"), **others, **mine})]
    assert "mine" in chosen
    assert "theirs" not in chosen
    assert ("theirs", None) in select_methods("all", others)


def test_a_method_may_declare_any_group_but_the_default_and_all_runs_every_group():
    assert METHOD_SETS["all"] == set(ROW_GROUPS)
    declared = [*load_schema("method")["properties"]["group"]["enum"], OWN_GROUP]
    assert declared == [*(group for group in ROW_GROUPS if group not in (OWN_GROUP, EXTERNAL_KIND)), OWN_GROUP]


def test_rows_stand_group_by_group():
    order = list(ROW_GROUPS)
    places = [order.index(run.group) for run in plan(methods="all").runs]
    assert places == sorted(places)


@pytest.mark.parametrize("listed", ["papers", ["papers"], []])
def test_a_word_that_stands_for_nothing_is_refused(listed):
    with pytest.raises(UserError):
        plan(methods=listed)


def test_a_folder_may_not_be_called_as_a_word_of_the_config(tmp_path):
    write_new_plugin("method", "controls", "classical", tmp_path)
    rules = {finding.rule: finding.fault for finding in check_plugin("method", "controls", tmp_path).faults}
    assert "selects" in str(rules["folder name"])


def test_controls_bring_the_untrained_network_of_every_learned_method_asked_for():
    paper = [f"{name}+untrained" for name in ("msgnet", "enlightengan", "stillgan", "sspnet")]
    assert [name for name in ids(methods="controls") if name.endswith("+untrained")] == paper
    assert not [name for name in ids(methods="paper") if name.endswith("+untrained")]
    theirs = Plugin("methods", "theirs", Path(), {"label": "Theirs", "kind": "learned", "group": "others"})
    chosen = select_methods(["controls", "theirs"], {**find_plugins("methods"), "theirs": theirs})
    assert ("theirs", "untrained") in chosen
    assert ("dcp", "untrained") not in chosen


def test_an_untrained_network_is_a_trivial_row_of_its_own_with_the_seeds_and_params_of_its_method():
    made = plan(methods=["paper", "controls"], seeds=[0, 1])
    runs = [run for run in made.runs if run.id == "sspnet+untrained"]
    assert [(run.seed, run.group, run.heading) for run in runs] == [
        (seed, "trivial", "Untrained networks") for seed in (0, 1)
    ]
    assert runs[0].label == "SSP-Net, untrained"
    assert made.resolve_run_params(runs[0]) == made.resolve_run_params(made.get_run("sspnet", 0))
    with pytest.raises(UserError, match="no variant"):
        made.resolve_run_params(made.get_run("dcp+untrained", 0))


def test_the_list_says_in_which_group_a_method_stands(capsys):
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split()[:3] == ["clahe", "classical", "trivial"] for line in lines)
