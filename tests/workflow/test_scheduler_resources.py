"""What a scheduler is asked for comes from the plugin's YAML, with room to spare."""

from pathlib import Path

import pytest
import yaml

from sspbench.checkout import ROOT
from sspbench.plugins.discovery import Plugin, find_plugins
from sspbench.workflow.rule_params import DEFAULT_TRAINING_MB, EXTRA_RUNTIME_MINUTES, training_resources


@pytest.mark.parametrize(
    ("resources", "wanted"),
    [
        (
            {"gpu": 2, "minutes": 90, "mem_mb": 16000},
            {"gpu": 2, "mem_mb": 16000, "runtime": 90 + EXTRA_RUNTIME_MINUTES},
        ),
        ({"minutes": 0.05}, {"gpu": 0, "mem_mb": DEFAULT_TRAINING_MB, "runtime": 1 + EXTRA_RUNTIME_MINUTES}),
        ({}, {"gpu": 0, "mem_mb": DEFAULT_TRAINING_MB, "runtime": 24 * 60 + EXTRA_RUNTIME_MINUTES}),
    ],
)
def test_resources_of_a_plugin(resources, wanted):
    assert training_resources(Plugin("methods", "any", Path(), {"resources": resources})) == wanted


def test_the_time_limit_is_never_below_the_training_s_own_budget():
    for found in [*find_plugins("methods").values(), *find_plugins("segmentation").values()]:
        assert training_resources(found)["runtime"] > found.meta.get("resources", {}).get("minutes", 24 * 60)


def test_every_rule_of_the_workflow_has_its_place_in_a_submission():
    rules = [
        line.split()[1].rstrip(":") for line in (ROOT / "Snakefile").read_text().splitlines() if line[:5] == "rule "
    ]
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    grouped = dict(entry.split("=") for entry in profile["groups"])
    alone = {"prepare", "train_segmenter", "train_low_segmenter"}  # trainings in one submission add their GPUs
    assert set(grouped) == set(rules) - {"all"} - alone
    assert {grouped[rule] for rule in ("train", "enhance", "segment", "score")} == {"run"}
