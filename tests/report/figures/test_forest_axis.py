"""Where the marks of the forest plot lie when a method fails grossly."""

import re

import pytest

from report.figures.forest_plot import MAX_HARM_GAPS, make_forest
from report.tables.terminal_answer import format_answer
from report.tables.write_all import write_tables
from tests.scored_rows import built, made


def marks(row):
    return {kind: [float(x) for x in re.findall(rf'{kind}="(-?[\d.]+)%"', str(row.plot))] for kind in ("x1", "cx")}


@pytest.mark.parametrize("level", [0.05, 0.45])
def test_harm_beyond_twice_the_gap_is_an_arrow_and_squeezes_nobody(tmp_path, monkeypatch, level):
    monkeypatch.chdir(tmp_path)
    plot = make_forest(built(made(tmp_path, levels={"dcp": level}), tmp_path))
    rows = {row.key: row for row in plot.rows}
    assert plot.cut
    assert "M0 0L10 -6L10 6Z" in rows["dcp"].plot and "circle" not in rows["dcp"].plot
    assert rows["dcp"].numbers[0].startswith("\N{MINUS SIGN}0.")
    assert not any("M0 0L10" in row.plot for row in plot.rows if row.key != "dcp")
    assert min(marks(rows["sspnet"])["cx"]) > 100 * MAX_HARM_GAPS / (MAX_HARM_GAPS + 1)


def test_without_gross_harm_nothing_is_cut(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plot = make_forest(built(made(tmp_path, levels={"dcp": 0.7}), tmp_path))
    assert not plot.cut and "M0 0L10" not in "".join(row.plot for row in plot.rows)


def test_without_a_ceiling_all_is_shown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = ["identity", "brightness", "dcp", "sspnet"]
    plot = make_forest(built(made(tmp_path, rows=rows, levels={"dcp": 0.05}), tmp_path))
    assert not plot.cut and len(plot.rows) == 3


def test_the_terminal_shows_the_rows_of_the_plot_and_counts_the_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = made(tmp_path)
    write_tables(results, results.plan.layout.tables)
    lines = format_answer(results.plan.layout.tables, "vessel")
    text = "\n".join(lines)
    assert all(label in text for label in ("DCP", "MSG-Net", "SSP-Net", "Brightness", "Clean image"))
    assert "Gamma" not in text and "Other rows (1): tables/gains.md" in lines
