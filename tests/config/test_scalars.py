"""What --config hands over as text within lists and mappings becomes numbers again."""

import pytest

from sspbench.config import coercion
from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config, read_workflow_config
from sspbench.config.plan import Plan
from sspbench.errors import UserError


@pytest.mark.parametrize(
    "text", ["true story", "1.2.3", "see", "a: b: c", "[", "sspnet+gan+te", "identity", "2026-01-01"]
)
def test_words_stay_words(text):
    assert coercion.parse_values([text]) == [text]


def test_true_and_false_are_truth_values():
    assert coercion.parse_values(["true", "False", True]) == [True, False, True]


def test_seeds_and_params_from_the_command_line_make_a_plan():
    given = {
        "seeds": ["0", "1"],
        "params": {"sspnet": {"weights": {"beta": "2.5"}}},
        "ablation": "null",
        "methods": ["sspnet"],
    }
    plan = Plan({**read_config(DEFAULT_CONFIG_FILE), **given})
    runs = [run for run in plan.runs if run.id == "sspnet"]
    assert [run.seed for run in runs] == [0, 1]
    assert plan.resolve_run_params(runs[0])["weights"]["beta"] == 2.5
    assert not any(run.variant for run in plan.runs)


NAMES = ["2024_01_15", "007", "1e5", "0x10", "12:30", "no", "2024-01-15", "1.50"]
NAMES += ["1_000", "0b1", "1:30", ".5", "yes", "True", ".inf", ".nan", "1.", "+1", "1.10", "=", "ä"]


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("name", NAMES)
def test_names_in_a_config_file_stay_as_they_are_written(tmp_path, name, quote):
    written = f"{quote}{name}{quote}"
    row = "r" + name.replace(":", "-")
    lines = [
        f"data_root: {written}",
        f"dataset_id: {written}",
        f"external: {{{row}: {written}}}",
        f"rows: {{sspnet: {{{written}: {{}}}}}}",
        f"datasets: [{{id: {written}, data_root: {written}}}]",
        "seeds: [0, 0x10]",
    ]
    (tmp_path / "mine.yaml").write_text("\n".join(lines))
    config = read_config(tmp_path / "mine.yaml")
    assert config["data_root"] == config["dataset_id"] == name
    assert config["external"] == {row: name}
    assert config["rows"] == {"sspnet": {name: {}}}
    assert config["datasets"] == [{"id": name, "data_root": name}]
    assert config["seeds"] == [0, 16]


@pytest.mark.parametrize("name", NAMES)
def test_names_on_the_command_line_stay_as_they_are_written(name):
    entries = [f"data_root={name}", f"external={{theirs: {name}}}", "threads=2", "params={sspnet: {lr: 1e-4}}"]
    config = read_workflow_config([], entries)
    assert (config["data_root"], config["external"], config["threads"]) == (name, {"theirs": name}, 2)
    assert config["params"] == {"sspnet": {"lr": 0.0001}}


@pytest.mark.parametrize("name", ["null", "~", "Null", "none"])
def test_null_is_a_name_in_quotes_and_as_a_key(tmp_path, monkeypatch, name):
    monkeypatch.setenv("HOME", "/home/ada")
    shown = "/home/ada" if name == "~" else name
    (tmp_path / "mine.yaml").write_text(f"data_root: '{name}'\nexternal: {{{name}: '{name}', b: {name}}}\n")
    config = read_config(tmp_path / "mine.yaml")
    assert config["data_root"] == shown
    assert config["external"] == {name: shown, "b": None if name != "none" else name}
    assert read_workflow_config([], [f"data_root='{name}'"])["data_root"] == shown
    assert read_workflow_config([], [f"data_root={name}"])["data_root"] == (None if name != "none" else name)


def test_a_name_on_the_command_line_is_not_cut_where_yaml_sees_a_comment():
    config = read_workflow_config([], ["data_root=cells #2", "dataset_id=a#b", "study="])
    assert (config["data_root"], config["dataset_id"], config["study"]) == ("cells #2", "a#b", None)


@pytest.mark.parametrize("text", ["010", "007", "1:30", "-010", "1:30:00"])
def test_a_number_that_yaml_reads_otherwise_than_people_is_refused(text):
    with pytest.raises(UserError, match=rf"`threads` must be a whole number from 1 to 4096, got '{text}'"):
        Plan({**read_config(DEFAULT_CONFIG_FILE), "threads": text})
    assert coercion.parse_values(["1_000", "0x10", "0", "0.5", "-7"]) == [1000, 16, 0, 0.5, -7]


def test_a_later_file_and_then_the_command_line_override(tmp_path):
    (tmp_path / "first.yaml").write_text("params: {dcp: {window: 3, omega: 0.5}}\nthreads: 3\n")
    (tmp_path / "second.yaml").write_text("params: {dcp: {window: 5}}\n")
    config = read_workflow_config([tmp_path / "first.yaml", tmp_path / "second.yaml"], ["threads=4", "ablation="])
    assert config["params"] == {"dcp": {"window": 5, "omega": 0.5}}
    assert (config["threads"], config["ablation"]) == (4, None)


def test_a_key_that_stands_twice_in_a_config_file_is_refused(tmp_path):
    (tmp_path / "mine.yaml").write_text("seeds: [0, 1, 2]\nablation: null\nseeds: [0]\n")
    with pytest.raises(UserError, match="'seeds' stands twice"):
        read_workflow_config([tmp_path / "mine.yaml"], [])


def test_the_home_folder_is_expanded_in_paths(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    given = {"data_root": "~/cells", "external": {"theirs": "~/x"}, "vgg16": "~/v.pth", "segmenter_weights": "~/s"}
    config = coercion.coerce_config({**given, "study": "~/a", "params": {"msgnet": {"vgg16": "~/w.pth"}}})
    assert config["data_root"] == "/home/ada/cells"
    assert config["external"] == {"theirs": "/home/ada/x"}
    assert (config["vgg16"], config["segmenter_weights"]) == ("/home/ada/v.pth", "/home/ada/s")
    assert config["params"]["msgnet"]["vgg16"] == "/home/ada/w.pth"
    assert config["study"] == "~/a"


def test_seeds_that_are_not_whole_numbers_are_refused():
    with pytest.raises(UserError) as caught:
        Plan({**read_config(DEFAULT_CONFIG_FILE), "seeds": [1.0, 1e30]})
    assert "`seeds.0` must be a whole number" in str(caught.value)
    assert "1e+30 is out of range" in str(caught.value)


def test_two_data_folders_of_one_name_do_not_share_their_results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plans = {}
    for place in ("monday", "tuesday"):
        (tmp_path / place / "cells").mkdir(parents=True)
        given = {"dataset": "folder", "data_root": str(tmp_path / place / "cells"), "methods": ["identity"]}
        plans[place] = Plan({**read_config(DEFAULT_CONFIG_FILE), **given, "ablation": None})
        plans[place].reject_missing_files()
    plans["monday"].record_data_root()
    plans["monday"].reject_missing_files()
    with pytest.raises(UserError, match="add dataset_id=folder-cells-2"):
        plans["tuesday"].reject_missing_files()
    named = Plan({**plans["tuesday"].config, "dataset_id": "folder-cells-2"})
    named.reject_missing_files()
    (tmp_path / "monday" / "cells").rename(tmp_path / "moved")
    plans["tuesday"].reject_missing_files()
