"""Mean ranks over images, and the units and notes of ranked tables, by hand."""

import pandas as pd
import pytest

from report.analysis.image_facts import choose_units, is_scale_recorded
from report.analysis.row_ranks import describe_ranks
from report.analysis.statistics.rank_intervals import RowRank
from report.analysis.statistics.summary import Summary, compute_mean_ranks, make_row_ids
from sspbench.contract import Measure

VALUES = {
    ("dcp", None): {"a": (1.0, 3.0), "b": (5.0, 5.0), "c": (9.0, 9.0)},
    ("gamma", None): {"a": (1.0, 1.0), "b": (6.0, 8.0), "c": (9.0, 9.0)},
    ("sspnet", None): {"a": (4.0, 4.0), "b": (7.0, 7.0), "c": (1.0, float("nan"))},
    ("sspnet", "gan"): {"a": (9.0, 9.0), "b": (9.0, 9.0), "c": (9.0, 9.0)},
}


def make_scores(*metrics):
    lines = [
        ("made", "demo", metric, method, variant, seed, image, value)
        for metric in metrics
        for (method, variant), images in VALUES.items()
        for image, values in images.items()
        for seed, value in enumerate(values)
    ]
    columns = ["dataset", "preset", "metric", "method", "variant", "seed", "image", "value"]
    return pd.DataFrame(lines, columns=columns)


def test_rows_are_ranked_on_every_image_that_all_have():
    # Means of images a and b: dcp 2 and 5, gamma 1 and 7, sspnet 4 and 7; the last two are tied on b.
    found = compute_mean_ranks(make_scores("dice", "niqe", "other"), {"dice": "higher", "niqe": "lower"})
    ranks = {
        "dice": {"dcp": (2 + 3) / 2, "gamma": (3 + 1.5) / 2, "sspnet": (1 + 1.5) / 2},
        "niqe": {"dcp": (2 + 1) / 2, "gamma": (1 + 2.5) / 2, "sspnet": (3 + 2.5) / 2},
    }
    wanted = [("made", "demo", metric, row, rank, 3, 2) for metric, rows in ranks.items() for row, rank in rows.items()]
    assert list(found.columns) == ["dataset", "preset", "metric", "row", "mean_rank", "k", "n"]
    assert sorted(found.itertuples(index=False, name=None)) == sorted(wanted)


def test_a_row_is_its_method_and_variant_and_without_scores_counts_nothing():
    assert set(make_row_ids(make_scores("dice"))) == {"dcp", "gamma", "sspnet", "sspnet+gan"}
    empty = Summary()
    assert (empty.n, empty.missing, empty.undefined, empty.seeds) == (0, 0, 0, 0)


def test_without_a_common_image_nothing_is_ranked():
    scores = make_scores("dice")
    apart = scores[(scores["method"] == "dcp") == (scores["image"] == "a")]
    found = compute_mean_ranks(apart, {"dice": "higher"})
    assert len(found) == 0 and list(found.columns)[-1] == "n"


def test_the_note_counts_ranked_rows_and_pairs():
    ranked = {name: RowRank(1, 2, 4, "a") for name in ("one", "two", "three", "four")}
    text = describe_ranks(ranked)
    assert "among 4 rows" in text and "all 6 pairs" in text and "Any other trivial row" not in text
    control = RowRank(1, 2, 5, "", control=True)
    text = describe_ranks({**ranked, "dim": control})
    assert "among 4 rows" in text and "all 6 pairs" in text and text.endswith("shows the rank it would take.")


@pytest.mark.parametrize(
    ("runs", "known"),
    [
        ([], True),
        ([{}, {"train": {}}, {"score": {}}], True),
        ([{"score": {"is_scale_known": True}}, {"score": {"is_scale_known": False}}], False),
        ([{"score": {"is_scale_known": False}}], False),
    ],
)
def test_one_run_without_a_scale_makes_lengths_pixels(runs, known):
    assert is_scale_recorded(runs) is known
    units = {"cnfl": "mm/mm²", "nerve_count": "1/mm²", "nerve_width": "µm", "psnr": "dB"}
    found = choose_units({name: Measure(name, name, "none", unit) for name, unit in units.items()}, known)
    pixels = {"cnfl": "px/1000 px²", "nerve_count": "1/(1000 px)²", "nerve_width": "px", "psnr": "dB"}
    assert {name: one.unit for name, one in found.items()} == (units if known else pixels)
