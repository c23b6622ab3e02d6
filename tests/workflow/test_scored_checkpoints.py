"""Keeping checkpoints adds jobs and changes no weights; leaving them out again trains nothing."""

import pandas as pd
import pytest
from checkouts import TWO_ROWS, Checkout

REPORT = {"tables": 1, "figures": 1, "report": 1}
SCORES = {"segment": 1, "score": 1, "score_low": 1, "score_checkpoints": 1}
RETRAINED = {"train": 1, "enhance": 1, **SCORES, "analyse": 1, **REPORT}


@pytest.fixture
def checkout(two_rows, tmp_path):
    return two_rows.copy(tmp_path / "checkout")


def planned(checkout, *asked):
    return checkout.planned(*TWO_ROWS, *asked)[0]


def test_learned_rows_alone_have_checkpoints_and_untrained_ones_have_none(tmp_path):
    asked = ("methods=[identity, flat_field_hq, zerodce, zerodce+untrained]", "ablation=null", "segmenters=[high]")
    counts = Checkout(tmp_path).planned("--config", *asked, "checkpoints=2")[0]
    assert (counts["train"], counts["score"], counts["score_checkpoints"]) == (2, 4, 1)


def test_checkpoints_are_kept_and_scored_beside_the_same_weights(checkout):
    folder = checkout.results / "runs/msgnet/seed-0"
    without = (folder / "weights.safetensors").read_bytes()
    assert planned(checkout, "checkpoints=2") == RETRAINED
    code, text = checkout.snakemake(*TWO_ROWS, "checkpoints=2")
    assert code == 0, text[-8000:]
    assert (folder / "weights.safetensors").read_bytes() == without
    assert planned(checkout, "checkpoints=2") == {}
    own, kept = pd.read_csv(folder / "scores.csv"), pd.read_csv(folder / "checkpoints/scores.csv")
    last = kept[kept["step"] == kept["step"].max()].drop(columns="step").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, own)
    assert kept["step"].nunique() == 2
    assert planned(checkout, "checkpoints=3") == RETRAINED
    assert planned(checkout) == REPORT
