"""The table of gains: every gain has its interval, images and trainings; a gain that is undefined has a reason."""

import math
import re
from dataclasses import astuple
from types import SimpleNamespace

import pandas as pd
import pytest

from report.analysis.primary_analysis import Gain
from report.analysis.statistics.summary import Summary
from report.tables.gains import _list_columns, _make_test_cells, explain_gaps, make_gain_cell, make_mean_cell
from report.tables.record import Cell, Column, Row, Table
from report.tables.write_all import write_tables
from sspbench.files import read_json
from tests.scored_rows import difference, interval, made, mean_of, read_scores

ROWS = ["identity", "brightness", "gamma", "sspnet", "oracle"]


@pytest.fixture
def results(tmp_path):
    found = made(tmp_path, ROWS)
    write_tables(found, tmp_path / "tables")
    return found


@pytest.fixture
def lines(results, tmp_path):
    return pd.read_csv(tmp_path / "tables/gains.csv").set_index(["row", "metric"])


def test_digits_units_and_directions_of_the_columns():
    wanted = {
        **dict.fromkeys(["mean", "gain", "low_gain", "rival"], ("", "higher", 3, "number")),
        **dict.fromkeys(["gain_p", "rival_p"], ("", "none", 4, "p")),
        **dict.fromkeys(["verdict", "rival_verdict"], ("", "none", 4, "words")),
        **dict.fromkeys(["lost", "invented", "excess"], ("%", "lower", 1, "number")),
        "closed": ("%", "higher", 0, "number"),
    }
    assert {one.key: (one.unit, one.better, one.decimals, one.form) for one in _list_columns("vessel")} == wanted
    assert [one.label for one in _list_columns("vessel")][6:8] == ["Vessel lost", "Vessel invented"]


def test_a_tested_gain_shows_its_p_value_and_verdict():
    gain = Gain(0.3, 0.1, 0.5, 0.02, "better", trainings=5, images=9, clusters=8, note="over trainings")
    cell = make_gain_cell(gain, "absent")
    assert astuple(cell) == astuple(Cell(mean=0.3, low=0.1, high=0.5, n=9, seeds=5, note="over trainings"))
    found = _make_test_cells("p", "said", gain, cell)
    assert (found["p"].mean, found["p"].n, found["p"].seeds, found["p"].note) == (0.02, 9, 5, "over trainings")
    assert (found["said"].text, found["said"].n, found["p"].text) == ("better", 9, "")
    assert all(math.isnan(value) for one in found.values() for value in (one.low, one.high))
    absent = make_gain_cell(None, "absent")
    assert (absent.note, absent.n) == ("absent", 0)
    assert {one.note for one in _make_test_cells("p", "said", None, absent).values()} == {"absent"}


def test_a_mean_counts_images_left_out_and_gaps_of_rows_that_ran_are_explained():
    known = SimpleNamespace(summary=lambda row, measure: Summary(mean=0.5, n=3, missing=2, seeds=4))
    assert astuple(make_mean_cell(known, "dcp", "dice")) == astuple(Cell(mean=0.5, n=3, missing=2, seeds=4))
    columns = (Column("gain", "Gain"), Column("closed", "Closed"))
    rows = {
        "A": Cell(status="diverged"),
        "B": Cell(note="why"),
        "C": Cell(mean=1.0, n=3, note="x"),
        "D": Cell(note="why"),
    }
    table = Table("gains", "t", columns, tuple(Row(name, name, (cell, Cell(note="y"))) for name, cell in rows.items()))
    assert list(explain_gaps(table)) == ["Gain: n/a for B, D: why."]


def test_the_csv_has_intervals_images_and_trainings(results, lines):
    scores = read_scores(results)
    for row, metric, reference in (("sspnet", "gain", "identity"), ("sspnet", "rival", "brightness")):
        line, change = lines.loc[(row, metric)], difference(scores, row, reference)
        assert line["mean"] == pytest.approx(change.mean())
        assert [line["low"], line["high"]] == pytest.approx(interval(change))
        assert (line["n"], line["seeds"]) == (10, 1)
    dice = lines.loc[("gamma", "mean")]
    assert (dice["mean"], dice["n"], dice["seeds"]) == (pytest.approx(mean_of(scores, "gamma")), 10, 1)
    gap = 100 * difference(scores, "sspnet", "identity").mean() / difference(scores, "oracle", "identity").mean()
    assert lines.loc[("sspnet", "closed"), "mean"] == pytest.approx(gap)
    assert lines.loc[("sspnet", "closed"), ["low", "high"]].isna().all()


def test_an_undefined_gain_says_why(lines, tmp_path):
    absent = lines[(lines["n"] == 0) & lines["mean"].isna()]
    assert set(absent.index) == {
        *(("identity", metric) for metric in ("gain", "closed", "rival")),
        ("brightness", "rival"),
        ("oracle", "rival"),
    }
    assert absent["note"].str.len().gt(0).all()
    assert lines.loc[("identity", "gain"), "note"] == "gains are measured from this row"
    assert lines.loc[("oracle", "rival"), "note"] == "the truth is not compared with trivial rows"
    notes = "\n".join(read_json(tmp_path / "tables/gains.json")["notes"])
    assert "Gain [95 % CI]: n/a for Origin: gains are measured from this row." in notes
    assert "Over the best trivial row [95 % CI]: n/a for Brightness: this row is the best trivial row." in notes


def test_a_variant_that_is_not_compared_says_so(tmp_path):
    results = made(tmp_path, ["identity", "sspnet", "sspnet+gan"], levels={"sspnet+gan": 0.7})
    write_tables(results, tmp_path / "tables")
    lines = pd.read_csv(tmp_path / "tables/gains.csv").set_index(["row", "metric"])
    assert lines.loc[("sspnet+gan", "gain"), "note"] == "variants outside the ablation are not compared"
    assert lines.loc[("sspnet", "rival"), "note"] == "the run has no trivial row"
    assert lines.loc[("sspnet+gan", "mean"), "n"] == 10


def test_rows_without_a_common_image_say_so(tmp_path):
    results = made(tmp_path, ["identity", "gamma", "sspnet"])
    path = results.run_folder(results.plan.get_run("sspnet", 0)) / "scores.csv"
    path.write_text(re.sub(r",i(\d)", r",j\1", path.read_text()))
    write_tables(results, tmp_path / "tables")
    lines = pd.read_csv(tmp_path / "tables/gains.csv").set_index(["row", "metric"])
    assert lines.loc[("sspnet", "gain"), "n"] == 0
    assert lines.loc[("sspnet", "gain"), "note"].startswith("no image has a value")
