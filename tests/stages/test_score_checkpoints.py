"""Kept checkpoints are scored as their run is: the last one's values are the run's own, and images are removed."""

import json

import pandas as pd
import pytest

from sspbench.config.plan import Plan, read_config
from sspbench.errors import UserError
from sspbench.stages.enhance import enhance
from sspbench.stages.score import score
from sspbench.stages.score_checkpoints import score_checkpoints
from sspbench.stages.segment import segment
from sspbench.stages.train import TrainingLimits, train_method, train_segmenter
from sspbench.training.loop.training import TrainingBudget

SCORING = {"metrics": {}, "structure": "nerve", "field_um": 400.0}
COLUMNS = {"dataset": "made", "preset": "smoke", "method": "msgnet", "variant": None, "seed": 0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_data):
    """A short training of MSG-Net with three checkpoints, and a segmenter."""
    folder = tmp_path_factory.mktemp("trained")
    plan = Plan(
        {
            **read_config("config/smoke.yaml"),
            "params": {"msgnet": {"steps": 6}, "csnet": {"steps": 2, "batches": {"size": 2}}},
        }
    )
    settings, segmenting = plan.train_settings(plan.get_run("msgnet", 0)), plan.segmenter_settings(0)
    train_method(settings, tiny_data, folder / "run", TrainingLimits(budget=TrainingBudget(kept_checkpoints=3)))
    train_segmenter(segmenting, tiny_data, folder / "segmenter", TrainingLimits())
    return settings, (segmenting, folder / "segmenter" / "weights.safetensors"), folder / "run"


def read_scores(path):
    return pd.read_csv(path, keep_default_na=False, dtype=str)


def test_the_last_checkpoint_has_the_scores_of_the_run_and_the_others_have_not(trained, tiny_data):
    settings, segmenter, run = trained
    enhance(settings, tiny_data, run, run / "weights.safetensors")
    segment(*segmenter, run)
    score(SCORING, COLUMNS, tiny_data, run, with_definitions=False)
    score_checkpoints(settings, SCORING, COLUMNS, tiny_data, run, count=3, segmenter=segmenter)
    own, kept = read_scores(run / "scores.csv"), read_scores(run / "checkpoints" / "scores.csv")
    assert list(kept.columns) == [*own.columns, "step"]
    assert list(dict.fromkeys(kept["step"])) == ["2", "4", "6"]
    by_step = {step: part.drop(columns="step").reset_index(drop=True) for step, part in kept.groupby("step")}
    pd.testing.assert_frame_equal(by_step["6"], own)
    for step in ("2", "4"):
        assert list(by_step[step]["metric"]) == list(own["metric"])
        entropy = own["metric"] == "entropy"
        assert (by_step[step]["value"][entropy] != own["value"][entropy]).all()


def test_only_weights_and_numbers_stay(trained, tiny_data):
    settings, segmenter, run = trained
    score_checkpoints(settings, SCORING, COLUMNS, tiny_data, run, count=3, segmenter=segmenter)
    kept = run / "checkpoints"
    files = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    steps = {f"step-{step:08d}/{name}" for step in (2, 4, 6) for name in ("weights.safetensors", "jobs/train.json")}
    assert files == {"kept-3.json", "scores.csv", "jobs/score.json", *steps}
    assert json.loads((kept / "jobs" / "score.json").read_text())["steps"] == [2, 4, 6]


def test_without_a_segmenter_the_measures_of_images_are_scored(trained, tiny_data):
    settings, _, run = trained
    score_checkpoints(settings, SCORING, COLUMNS, tiny_data, run, count=3, segmenter=None)
    metrics = set(read_scores(run / "checkpoints" / "scores.csv")["metric"])
    assert "entropy" in metrics and "dice" not in metrics


def test_another_number_than_was_kept_is_rejected(trained, tiny_data):
    settings, segmenter, run = trained
    with pytest.raises(UserError, match=r"(?s)kept no such checkpoints.*--config checkpoints=2"):
        score_checkpoints(settings, SCORING, COLUMNS, tiny_data, run, count=2, segmenter=segmenter)
