"""A comparison made by hand: its order, its words, its exit status, and every cell of its tables."""

import math
from dataclasses import astuple, replace

import pytest

from report.analysis.statistics.crossed_effects import CrossedEstimate
from report.compare.changes import OneSidedItems, ResultChange
from report.compare.differences import MetricDifference
from report.compare.tables import ResultsComparison, make_comparison_frame, make_comparison_tables
from report.tables.record import Cell
from sspbench.plugins.metric_families import load_metric_families
from sspbench.releases.digests import DifferingPart

MEASURES = {one.name: one for family in load_metric_families({}).values() for one in family.measures}


def make_cell(row, metric, difference, half, verdict="differs"):
    estimate = CrossedEstimate(
        difference, difference - half, difference + half, 0.25, 3, 7, 5, "over trainings and images"
    )
    return MetricDifference(row, metric, 2.0, 2.0 + difference, estimate, ((0, 10), (1, 11), (2, 12)), 4, verdict)


CELLS = (
    make_cell("gamma", "dice", 0.3, 0.2),  # 1.5 half-widths from zero
    make_cell("gamma", "cnfl", -4.0, 1.0),  # 4
    make_cell("dcp", "tortuosity", 0.5, 0.25),  # 2
    make_cell("dcp", "dice", 0.0, 0.1, "no difference shown"),
    make_cell("dcp", "cnfl", 0.0, math.nan, "equal"),
)
FOUND = ResultsComparison(None, None, CELLS, (), (), (), label=str.upper, measures=MEASURES)


def tables_of(found):
    return {table.key: table for table in make_comparison_tables(found)}


def test_what_lies_farthest_beyond_its_interval_comes_first():
    assert [(cell.row, cell.metric) for cell in FOUND.differing_cells] == [
        ("gamma", "cnfl"),
        ("dcp", "tortuosity"),
        ("gamma", "dice"),
    ]
    sure = make_cell("dcp", "dice", 0.1, 0.0)
    assert replace(FOUND, cells=(*CELLS, sure)).differing_cells[0] == sure
    unsure = make_cell("dcp", "auc", 5.0, 4.0)  # a large difference, 1.25 half-widths from zero
    assert replace(FOUND, cells=(*CELLS, unsure)).differing_cells[-1] == unsure


def test_the_outcome_in_words_and_as_a_status():
    assert FOUND.sentence == "5 cells (rows by measures) compared: 3 differ, 1 no difference shown, 1 equal."
    failed = (ResultChange("failed", ("gamma",), "done", "diverged"),)
    for found, status in (
        (FOUND, 1),
        (replace(FOUND, cells=CELLS[3:]), 0),
        (replace(FOUND, cells=CELLS[3:], one_sided_failures=failed), 1),
        (replace(FOUND, cells=()), 1),
    ):
        assert found.exit_status == status
    assert replace(FOUND, cells=()).sentence == "0 cells (rows by measures) compared: none is on both sides."
    parted = {
        DifferingPart("images", "", "a", "b"): frozenset({("gamma", "auc"), ("gamma", "acc")}),
        DifferingPart("metric", "masks", "a", "b"): frozenset({("gamma", "auc")}),
    }
    left_out = replace(FOUND, parted=parted).sentence.removeprefix(FOUND.sentence)
    assert left_out == " 2 cells left out: they are not comparable."


def test_the_table_of_what_differs():
    table = tables_of(FOUND)["differing"]
    first = table.rows[0]
    assert (first.key, first.label) == ("gamma", "GAMMA")
    wanted = (
        Cell("CNFL (mm/mm²)"),
        Cell(mean=2.0),
        Cell(mean=-2.0),
        Cell(mean=-4.0, low=-5.0, high=-3.0, n=7, note="over trainings and images"),
        Cell(mean=3.0),
        Cell(mean=7.0),
    )
    assert list(map(astuple, first.cells)) == list(map(astuple, wanted))
    assert [row.cells[0].text for row in table.rows] == ["CNFL (mm/mm²)", "Tortuosity", "Dice"]
    assert [column.decimals for column in table.columns[4:]] == [0, 0]
    assert table.notes[1:] == ("Over trainings and images.",)


def test_the_table_of_all_measures_and_the_file():
    table = tables_of(FOUND)["differences"]
    columns = {column.key: (column.label, column.unit, column.decimals) for column in table.columns}
    assert columns == {
        "dice": ("Dice", "", 4), "cnfl": ("CNFL", "mm/mm²", 2), "tortuosity": ("Tortuosity", "", 4),
    }  # fmt: skip
    shown = {row.key: dict(zip(columns, row.cells, strict=True)) for row in table.rows}
    assert (shown["gamma"]["tortuosity"].text, shown["dcp"]["cnfl"].text) == ("–", "equal")
    assert (shown["gamma"]["dice"].mean, shown["dcp"]["dice"].low) == (0.3, -0.1)
    assert list(table.notes[1:]) == ["Units: CNFL in mm/mm²."]
    line = make_comparison_frame(FOUND).iloc[1].to_dict()
    assert line == {
        "row": "gamma", "label": "GAMMA", "metric": "cnfl", "unit": "mm/mm²", "a": 2.0, "b": -2.0,
        "difference": -4.0, "low": -5.0, "high": -3.0, "p": 0.25, "trainings": 3, "seeds_a": "0 1 2",
        "seeds_b": "10 11 12", "images": 7, "undefined": 4, "verdict": "differs", "note": "over trainings and images",
    }  # fmt: skip


@pytest.mark.parametrize(("count", "end"), [(12, "n10, n11"), (13, "n10, n11 and 1 more"), (20, "n11 and 8 more")])
def test_a_cell_lists_twelve_names(count, end):
    names = tuple(f"n{number}" for number in range(count))
    sole = OneSidedItems("image", names, ())
    change = ResultChange("code", names[:1], "x", "y")
    tables = tables_of(replace(FOUND, one_sided=(sole,), changes=(change,)))
    (row,) = tables["only"].rows
    assert row.cells[0].text.endswith(end) and row.cells[0].text.startswith("n0, n1, n2")
    assert (row.label, row.cells[1].text) == ("images", "–")
    assert [cell.text for cell in tables["changes"].rows[0].cells] == ["x", "y", "n0"]


def test_heads_of_columns_and_a_measure_that_no_family_declares():
    sole, change = OneSidedItems("row", ("one",), ()), ResultChange("code", ("one",), "x", "y")
    other = make_cell("dcp", "other", 1.0, 0.5)
    tables = tables_of(replace(FOUND, cells=(other,), one_sided=(sole,), changes=(change,)))
    heads = {key: [(one.key, one.label, one.form) for one in table.columns] for key, table in tables.items()}
    assert heads == {
        "differing": [
            ("measure", "Measure", "words"), ("first", "A", "number"), ("second", "B", "number"),
            ("difference", "B − A [95 % CI]", "number"), ("trainings", "Trainings", "number"),
            ("images", "Images", "number"),
        ],
        "differences": [("other", "other", "number")],
        "changes": [("first", "A", "words"), ("second", "B", "words"), ("rows", "Rows", "words")],
        "only": [("first", "only in A", "words"), ("second", "only in B", "words")],
    }  # fmt: skip
    assert (tables["changes"].head, tables["only"].head) == ("What", "What")
