"""What a run will take: from its own last run, else from declared seconds in proportion; told before it starts."""

import json
import re

import pytest

from sspbench.checkout import ROOT
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.jobs.machine import measure_slowness
from sspbench.plugins.discovery import find_plugins
from sspbench.plugins.source_files import read_yaml
from sspbench.workflow.durations import (
    COSTS_FILE,
    JOB_START_CPU_S,
    SOLO_RULES,
    TRAINING_RULES,
    DurationEstimator,
    WorkflowJob,
    estimate_wall_seconds,
)
from sspbench.workflow.forecast import DEFAULT_JOB_SECONDS, ROW_RULES, RULE_WORDS, Forecast, format_duration


def plan(tmp_path, **changes):
    return Plan(
        {**read_config(DEFAULT_CONFIG_FILE), "methods": ["identity", "sspnet"], "ablation": None, **changes}, tmp_path
    )


def train(run="sspnet", seed=0):
    return WorkflowJob("train", "cornsim", run, seed)


def record(found, seed=0, **changes):
    """Leave the record of a training of sspnet."""
    run = found.get_run("sspnet", seed)
    facts = {"seconds": 40.0, "cpu_seconds": 38.0, "settings": found.train_settings(run).as_json(), **changes}
    path = found.layout.run_folder("sspnet", seed) / "jobs" / "train.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts))


def test_declared_seconds_follow_the_machine_and_the_steps(tmp_path):
    declared = find_plugins("methods")["sspnet"].meta["resources"]["cpu_seconds"]["demo"]
    alone = DurationEstimator(plan(tmp_path), 1.0).estimate_seconds(train())
    assert alone == pytest.approx(declared + JOB_START_CPU_S)
    assert DurationEstimator(plan(tmp_path), 2.0).estimate_seconds(train()) == pytest.approx(2 * alone)
    half = plan(tmp_path, params={"sspnet": {"steps": 200}})
    assert DurationEstimator(half, 1.0).estimate_seconds(train()) == pytest.approx(declared / 2 + JOB_START_CPU_S)
    colour = plan(tmp_path, dataset="fundussim")  # 300 steps of sspnet on colour images, 400 on grey ones
    assert DurationEstimator(colour, 1.0).estimate_seconds(train()) == pytest.approx(declared * 0.75 + JOB_START_CPU_S)


def test_the_last_run_is_believed_more_than_the_declaration(tmp_path):
    found = plan(tmp_path)
    record(found)
    assert DurationEstimator(found, 3.0).estimate_seconds(train()) == pytest.approx(38.0 + JOB_START_CPU_S)
    assert DurationEstimator(found, 3.0).measured_seconds(train(seed=4)) == pytest.approx(38.0 + JOB_START_CPU_S)


@pytest.mark.parametrize("change", [{"resumed_at": [100]}, {"settings": {"params": {}}}, {"seconds": None}])
def test_a_last_run_that_does_not_compare_is_left_alone(tmp_path, change):
    found = plan(tmp_path)
    record(found, **change)
    assert DurationEstimator(found, 1.0).measured_seconds(train()) is None


def test_a_broken_record_is_left_alone(tmp_path):
    found = plan(tmp_path)
    record(found)
    (found.layout.run_folder("sspnet", 0) / "jobs" / "train.json").write_text('{"seconds": 3')
    assert DurationEstimator(found, 1.0).measured_seconds(train()) is None


def test_what_nobody_measured_is_not_made_up(tmp_path):
    found = plan(tmp_path, preset="paper")
    expected = DurationEstimator(found, 1.0)
    assert expected.estimate_seconds(train()) is None
    assert expected.estimate_megabytes([train()]) is None
    told = Forecast({"cornsim": found}).for_jobs(
        [("train", {"dataset": "cornsim", "run": "sspnet", "seed": "0"})], 2, 1
    )
    assert told["seconds"] is None
    assert "not known for 1 of 1 jobs" in "\n".join(told["lines"])
    (job,) = told["jobs"].values()
    assert job["seconds"] == DEFAULT_JOB_SECONDS


def test_every_learned_method_and_the_segmenter_has_its_seconds_at_demo_scale():
    trained = [
        found for group in ("methods", "segmentation") for found in find_plugins(group).values() if found.is_trained
    ]
    assert [found.name for found in trained if "demo" not in found.meta["resources"].get("cpu_seconds", {})] == []


def test_every_rule_that_takes_a_data_set_has_words_and_seconds():
    rules = set(re.findall(r"^rule (\w+):", (ROOT / "Snakefile").read_text(), re.MULTILINE)) - {"all", "across"}
    assert set(RULE_WORDS) == rules
    assert rules - set(read_yaml(COSTS_FILE)["seconds"]) == set(TRAINING_RULES), "these are in the plugins' YAML"
    assert set(SOLO_RULES) | set(TRAINING_RULES) | set(ROW_RULES) == rules


def test_jobs_are_told_in_words_and_by_their_rows(tmp_path):
    here = {"dataset": "cornsim", "seed": "0"}
    needed = [("all", {}), ("prepare", {"dataset": "cornsim", "source": "cornsim"}), ("train_segmenter", here)]
    needed += [("train", {**here, "run": "sspnet"}), ("score", {**here, "run": "sspnet"})]
    told = Forecast({"cornsim": plan(tmp_path)}).for_jobs(needed, 2, 2)
    jobs = {key[0]: job for key, job in told["jobs"].items()}
    assert jobs["train"]["words"] == "train SSP-Net"
    assert jobs["train"]["row"] is None
    assert jobs["score"]["row"] == "SSP-Net"
    assert jobs["train_segmenter"]["done"] == "trained CS-Net, the segmenter"
    assert told["lines"][1].startswith("to do   4 jobs: prepare the images; train 2 networks (CS-Net · SSP-Net)")
    assert ("score", (("dataset", "cornsim"), ("run", "sspnet"), ("seed", "0"))) in told["jobs"]


def test_an_untrained_network_is_a_stage_of_its_row(tmp_path):
    found = plan(tmp_path, methods=["sspnet+untrained"])
    told = Forecast({"cornsim": found}).for_jobs(
        [("train", {"dataset": "cornsim", "run": "sspnet+untrained", "seed": "0"})], 1, 1
    )
    (job,) = told["jobs"].values()
    assert job["row"] == "SSP-Net, untrained"
    assert "network" not in told["lines"][1]


def test_seeds_and_data_sets_are_named_where_there_are_several(tmp_path):
    found = plan(tmp_path, seeds=[0, 1])
    told = Forecast({"cornsim": found, "other": found}).for_jobs(
        [("score", {"dataset": "cornsim", "run": "sspnet", "seed": "1"})], 1, 1
    )
    (job,) = told["jobs"].values()
    assert job["words"] == "score SSP-Net seed 1 on cornsim"


@pytest.mark.parametrize(
    ("cores", "slots", "wanted"), [(1, 1, 5 + 100 + 60 + 20), (2, 2, 5 + 100), (8, 1, 5 + 160), (8, 8, 5 + 100)]
)
def test_time_together_is_bound_by_cores_slots_and_the_longest_job(cores, slots, wanted):
    seconds = {WorkflowJob("tables"): 5.0, train("a"): 100.0, train("b"): 60.0, WorkflowJob("score", run="a"): 20.0}
    assert estimate_wall_seconds(seconds, cores, slots) == wanted


def test_the_speed_of_this_machine_is_a_positive_number():
    assert 0 < measure_slowness() < 1000


def test_times_are_said_as_people_say_them():
    assert [format_duration(value) for value in (8.4, 75, 3700)] == ["8 s", "1 min 15 s", "1 h 1 min"]
