"""Keeping checkpoints adds jobs and changes no weights; leaving them out again trains nothing."""

import pandas as pd
import pytest
from checkouts import Checkout

ONE_ROW = ("methods=[zerodce]", "ablation=null", "segmenters=[high]")
REPORT = {"tables": 1, "figures": 1, "report": 1}
RETRAINED = {"train": 1, "enhance": 1, "segment": 1, "score": 1, "score_checkpoints": 1, "analyse": 1, **REPORT}


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def run(checkout, *asked):
    code, text = checkout.snakemake("--config", *ONE_ROW, *asked)
    assert code == 0, text[-8000:]
    return (checkout.results / "runs/zerodce/seed-0/weights.safetensors").read_bytes()


def planned(checkout, *asked):
    return checkout.planned("--config", *ONE_ROW, *asked)[0]


def test_learned_rows_alone_have_checkpoints_and_untrained_ones_have_none(checkout):
    asked = ("methods=[identity, flat_field_hq, zerodce, zerodce+untrained]", "ablation=null", "segmenters=[high]")
    assert "score_checkpoints" not in checkout.planned("--config", *asked)[0]
    counts = checkout.planned("--config", *asked, "checkpoints=2")[0]
    assert (counts["train"], counts["score"], counts["score_checkpoints"]) == (2, 4, 1)


def test_checkpoints_are_kept_and_scored_beside_the_same_weights(checkout):
    without = run(checkout)
    assert planned(checkout, "checkpoints=2") == RETRAINED
    assert run(checkout, "checkpoints=2") == without
    assert planned(checkout, "checkpoints=2") == {}
    folder = checkout.results / "runs/zerodce/seed-0"
    own, kept = pd.read_csv(folder / "scores.csv"), pd.read_csv(folder / "checkpoints/scores.csv")
    last = kept[kept["step"] == kept["step"].max()].drop(columns="step").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, own)
    assert kept["step"].nunique() == 2
    assert planned(checkout, "checkpoints=3") == RETRAINED
    assert planned(checkout) == REPORT
