"""The primary analysis against an independent computation from ``scores.csv``, and its sentences in any run."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from report.analysis.numbers import format_signed
from report.analysis.primary_analysis import primary_from_json, primary_to_json
from report.tables.write_all import write_tables
from tests.scored_rows import LEVELS, built, difference, interval, made, mean_of, p_value, read_scores


def test_every_number_is_that_of_an_independent_computation(tmp_path):
    results = made(tmp_path)
    found, scores = built(results, tmp_path), read_scores(results)
    trivial = max(("brightness", "gamma"), key=lambda row: mean_of(scores, row))
    assert (found.reference, found.rival, found.ceiling) == ("identity", trivial, "oracle")
    assert (found.trainings, found.images, found.clusters, found.tested) == (1, 10, 10, False)
    gap = mean_of(scores, "oracle") - mean_of(scores, "identity")
    for row in found.rows:
        assert row.mean == pytest.approx(mean_of(scores, row.key))
        assert row.lost == pytest.approx(mean_of(scores, row.key, "lost"))
        invented = mean_of(scores, row.key, "hallucinated")
        assert row.excess == pytest.approx(invented - mean_of(scores, "oracle", "hallucinated"))
        if row.key != "identity":
            values = difference(scores, row.key, "identity")
            assert row.gain.mean == pytest.approx(values.mean())
            assert (row.gain.low, row.gain.high) == pytest.approx(interval(values))
            assert row.gap_closed == pytest.approx(values.mean() / gap)
            assert np.isnan(row.gain.p) and row.gain.verdict == ""
        if row.key in ("dcp", "sspnet", "msgnet"):
            assert row.vs_best_trivial.mean == pytest.approx(difference(scores, row.key, trivial).mean())
    assert found.find_row("identity").gain is None and found.find_row("identity").vs_best_trivial is None
    assert found.find_row(trivial).vs_best_trivial is None and found.find_row("oracle").vs_best_trivial is None


def test_five_trainings_give_p_values_verdicts_and_wins(tmp_path):
    results = made(tmp_path, seeds=range(5))
    found, scores = built(results, tmp_path), read_scores(results)
    assert found.tested and found.trainings == 5
    tested = [row for row in found.rows if row.gain is not None and row.group != "oracle"]
    alone = {row.key: p_value(difference(scores, row.key, "identity")) for row in tested}
    corrected = dict(zip(alone, multipletests(list(alone.values()), method="holm")[1], strict=True))
    for row in tested:
        assert row.gain.p == pytest.approx(corrected[row.key], rel=1e-5, abs=1e-11)
        assert (row.gain.p < 0.05) == (row.gain.verdict != "no difference shown")
        sign = np.sign(difference(scores, row.key, "identity").mean())
        assert row.gain.verdict in ("no difference shown", "better" if sign > 0 else "worse")
    assert {row.key: row.gain.verdict for row in tested}["sspnet"] == "better"
    assert {row.key: row.gain.verdict for row in tested}["dcp"] == "worse"
    assert found.headline == (
        "Only SSP-Net is shown to beat the best trivial method (Brightness) in segmenting nerves (Dice)."
    )
    first = "First in Dice: SSP-Net. By the test over all pairs, no other of the 5 ranked rows may be first."
    assert found.subline.startswith(first)
    assert found.differences[0].startswith("Dice minus Brightness, with single 95 % intervals (not corrected")
    for row, words in (
        ("sspnet", "Shown to be better"), ("dcp", "Shown to be worse"), ("msgnet", "Not shown, and the interval"),
    ):  # fmt: skip
        label = found.find_row(row).label
        mean = difference(scores, row, "brightness").mean()
        said = next(part for part in found.differences if f"{label} {format_signed(mean)} [" in part)
        assert said.startswith(words)
    wins = sum(row.gain.verdict == "better" for row in tested if row.contender)
    assert f"{wins} of 3" in found.subline


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_few_trainings_speak_of_these_weights_and_tell_the_command(tmp_path, monkeypatch, seeds):
    monkeypatch.setitem(LEVELS, "msgnet", 0.805)
    results = made(tmp_path, seeds=seeds)
    found, scores = built(results, tmp_path), read_scores(results)
    above = [row for row in ("dcp", "sspnet", "msgnet") if mean_of(scores, row) > mean_of(scores, "brightness")]
    assert above == ["sspnet"]
    opening = "With these trained weights" if len(seeds) == 1 else "In these 3 trainings per method"
    assert found.headline == (
        f"{opening}, only SSP-Net has a higher mean Dice than the best trivial method (Brightness)."
    )
    assert not any(word in found.headline + found.subline for word in ("beat", "worse", "better", "p <"))
    assert "seeds=[0,1,2,3,4]" in found.caveats[0]
    assert found.subline.startswith("To name a first row takes a test, and a test takes 5 trainings per method.")
    assert found.first_rows == [] and all(row.rank is None for row in found.rows)
    assert all(
        not gain.verdict and np.isnan(gain.p) for row in found.rows for gain in (row.gain, row.vs_best_trivial) if gain
    )


def test_a_failed_method_is_named_and_not_compared(tmp_path):
    found = built(made(tmp_path, failed=("msgnet",)), tmp_path)
    assert found.find_row("msgnet").status.startswith("diverged")
    assert found.find_row("msgnet").gain is None
    assert "MSG-Net failed (diverged)" in found.subline
    assert "MSG-Net" not in found.headline


@pytest.mark.parametrize(
    ("rows", "headline"),
    [
        (["brightness", "sspnet", "msgnet"], "only SSP-Net has a higher mean Dice than"),
        (["gamma", "sspnet", "msgnet"], "both methods have a higher mean Dice than"),
        (["gamma", "sspnet"], "SSP-Net has a higher mean Dice than"),
        (["gamma", "dcp"], "DCP does not have a higher mean Dice than"),
        (["brightness", "dcp", "msgnet"], "no method has a higher mean Dice than"),
    ],
)
def test_the_headline_names_who_is_above_the_best_trivial_row(tmp_path, monkeypatch, rows, headline):
    monkeypatch.setitem(LEVELS, "msgnet", 0.805)
    found = built(made(tmp_path, ["identity", *rows]), tmp_path)
    assert headline in found.headline
    assert found.headline.startswith("With these trained" if {"sspnet", "msgnet"} & set(rows) else "On these images")


@pytest.mark.parametrize("rows", [["identity", "dcp"], ["identity", "sspnet"]])
def test_without_a_trivial_row_gains_are_over_the_untouched_image(tmp_path, rows):
    found = built(made(tmp_path, rows), tmp_path)
    assert found.rival == "" and found.ceiling == ""
    assert "than the untouched image" in found.headline and "no trivial method was run" in found.subline
    assert all(np.isnan(row.gap_closed) and np.isnan(row.excess) and row.vs_best_trivial is None for row in found.rows)


def test_the_untouched_image_alone_has_no_answer(tmp_path):
    found = built(made(tmp_path, ["identity", "oracle"]), tmp_path)
    assert not found.is_available
    assert "no method" in found.headline


def test_without_labels_the_answer_says_so_and_there_is_no_table(tmp_path):
    found = built(made(tmp_path, labels=False), tmp_path)
    assert not found.is_available and found.rows == ()
    assert "no labels" in found.headline
    assert "no-reference measures" in found.subline
    assert "gains" not in json.loads((tmp_path / "tables" / "index.json").read_text())


def test_one_image_has_a_gain_without_interval(tmp_path):
    found = built(made(tmp_path, images=1), tmp_path)
    gain = found.find_row("sspnet").gain
    assert np.isfinite(gain.mean) and np.isnan(gain.low)
    assert "one image" in gain.note
    assert "1 test image," in " ".join(found.caveats)


def test_the_record_survives_its_file(tmp_path):
    found = built(made(tmp_path, images=1), tmp_path)
    assert primary_to_json(primary_from_json(primary_to_json(found))) == primary_to_json(found)


def test_the_truth_takes_no_bold_and_enters_no_test(tmp_path):
    results = made(tmp_path, seeds=range(5))
    write_tables(results, tmp_path / "tables")
    table = json.loads((tmp_path / "tables" / "table2_segmentation.json").read_text())
    cells = {row["key"]: row["cells"][0] for row in table["rows"]}
    assert "oracle" in cells and not cells["oracle"].get("best")
    assert cells["sspnet"]["best"]
    tests = pd.read_csv(tmp_path / "tables" / "tests.csv")
    assert "oracle" not in set(tests["row"]) | set(tests["reference"])
    assert set(tests["reference"]) == {"identity", "brightness"}
