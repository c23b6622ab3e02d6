"""Tables: the record and its renderings; bold cells, escapes, the way through JSON and back."""

import json
import math

import pandas as pd
import pytest

from report.tables.record import Cell, Column, Row, Table, read_table, table_from_json, table_to_json
from report.tables.render import write_table
from report.tables.render.csv import render_csv
from report.tables.render.html import make_html_table
from report.tables.render.latex import render_latex
from report.tables.render.markdown import render_markdown
from report.tables.render.terminal import render_terminal
from report.tables.render.text import format_cell
from sspbench.errors import UserError
from tests.table_cells import find_cell


@pytest.fixture
def table():
    columns = (Column("x", "X", "px", "lower", decimals=1), Column("why", "Why", form="words"))
    rows = (
        Row("a", "A & B | c", (Cell(mean=1.04, sd_images=0.11, n=3, seeds=1, best=True), Cell("50 %_x"))),
        Row("b", "B", (Cell(status="diverged: NaN in step 3"), Cell())),
        Row("c", "C", (Cell(n=0, missing=3, seeds=1), Cell("none")), group="trivial"),
    )
    return Table("t", "Title", columns, rows, number=2, notes=("n = 3", "Second."))


def test_markdown_marks_the_best_and_escapes_bars(table):
    text = render_markdown(table)
    assert text.startswith("**Table 2. Title**\n")
    assert "| Method | X ↓ | Why |\n| --- | ---: | --- |" in text
    assert "| A & B \\| c | **1.0 ± 0.1** | 50 %_x |" in text
    assert "| B | diverged |  |" in text
    assert "| C | n/a | none |" in text
    assert text.endswith("\nn = 3\n\nSecond.\n")


def test_latex_escapes_what_latex_would_read_and_leaves_the_number_to_latex(table):
    text = render_latex(table)
    assert r"A \& B | c & \textbf{1.0 $\pm$ 0.1} & 50 \%\_x \\" in text
    assert r"\caption{Title}" in text
    assert r"X $\downarrow$" in text


def test_the_terminal_aligns_numbers_to_the_right(table):
    lines = render_terminal(table).splitlines()
    assert lines[0] == "Table 2. Title"
    assert lines[2] == "A & B | c  1.0 ± 0.1  50 %_x"
    assert lines[3] == "B           diverged"
    assert lines[-2:] == ["n = 3", "Second."]


def test_the_page_sorts_by_the_number_and_sees_failures(table):
    shown = make_html_table(table)
    assert shown.title == "Table 2. Title" and shown.wordy == [True, False, True]
    first, failed, undefined = (row[1] for row in shown.rows)
    assert (first.text, first.best, first.key) == ("1.0 ±\N{NO-BREAK SPACE}0.1", True, "1.04")
    assert (failed.text, failed.key, failed.failed) == ("diverged", "", True)
    assert (undefined.text, undefined.key, undefined.failed) == ("n/a", "", False)
    assert shown.better == ["none", "lower", "none"]
    assert shown.headings == ["", "", "Trivial methods"]


def test_csv_has_a_line_for_each_cell_or_the_full_data(table):
    lines = render_csv(table).splitlines()
    head = "row,label,metric,better,unit,mean,sd_images,sd_seeds,n,missing,seeds,status,group"
    assert lines[:2] == [f"{head},text", "a,A & B | c,x,lower,px,1.04,0.11,,3,0,1,done,,"]
    row = Row("a", "A", (Cell(mean=2.0, low=1.5, high=2.5, n=3),))
    assert render_csv(Table("t", "T", table.columns[:1], (row,))).splitlines()[0] == f"{head},low,high"
    row = Row("a", "A", (Cell(mean=2.0),))
    assert render_csv(Table("t", "T", table.columns[:1], (row,))).splitlines()[0] == head
    full = Table("t", "T", table.columns, table.rows, data=pd.DataFrame({"all": [1]}))
    assert render_csv(full) == "all\n1\n"


def test_the_record_comes_back_from_its_file(table, tmp_path):
    write_table(table, tmp_path)
    again = read_table(tmp_path / "t.json")
    assert table_to_json(again) == table_to_json(table)
    assert math.isnan(again.rows[1].cells[0].mean)
    for render in (render_markdown, render_latex, render_terminal, render_csv):
        assert render(again) == render(table)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".json", ".md", ".tex"]
    json.loads((tmp_path / "t.json").read_text(), parse_constant=pytest.fail)


def test_a_cell_is_found_by_its_keys(table):
    assert find_cell(table, "a", "x").mean == 1.04
    assert find_cell(table, "a", "y") is None


def test_a_broken_record_says_where_and_what_to_do(table, tmp_path):
    path = tmp_path / "t.json"
    path.write_text(json.dumps({**table_to_json(table), "colour": "red"}))
    with pytest.raises(UserError, match="report tables"):
        read_table(path)
    with pytest.raises(UserError, match="is missing"):
        read_table(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("cell", "column", "text"),
    [
        (Cell(mean=0.5, sd_images=0.25, sd_seeds=0.125), Column("x", "X", decimals=2), "0.50 ± 0.25 (0.12)"),
        (Cell(mean=-0.00001), Column("x", "X"), "0.000"),
        (Cell(mean=0.80936, sd_images=0.0414), Column("x", "X"), "0.809 ± 0.041"),
        (Cell(mean=9.996, sd_images=0.996), Column("x", "X"), "10.0 ± 1.0"),
        (Cell(mean=1234.56, sd_images=20.25), Column("x", "X"), "1235 ± 20"),
        (Cell(mean=0.80936, sd_images=0.0414), Column("x", "X", form="printed"), "0.8094 ± 0.0414"),
        (Cell(mean=-0.5, low=-1.0, high=0.0), Column("x", "X", decimals=1), "-0.5 [-1.0, 0.0]"),
        (Cell(mean=0.0002), Column("p", "p", form="p"), "<0.001"),
        (Cell(mean=0.2), Column("p", "p", form="p"), "0.200"),
        (Cell(), Column("p", "p", form="p"), "n/a"),
        (Cell("not scored"), Column("x", "X"), "not scored"),
    ],
)
def test_cells_read_as_people_write_them(cell, column, text):
    assert format_cell(cell, column) == text


def test_the_json_of_a_table_with_default_values_is_short():
    record = table_to_json(Table("t", "T", (Column("x", "X"),), (Row("a", "A", (Cell(mean=1.0),)),)))
    assert record["rows"] == [{"key": "a", "label": "A", "cells": [{"mean": 1.0}]}]
    assert table_from_json(record).rows[0].cells[0].mean == 1.0
