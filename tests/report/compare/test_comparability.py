"""Values whose digests differ are left out of a comparison, and the output says which part differs."""

import pytest

from report.compare.comparability import collect_parted_cells, drop_parted, find_parted_cells, make_parted_table
from report.compare.recorded_results import RecordedResults, read_results_folder
from report.compare.tables import compare_results
from sspbench.commands.cli import main
from sspbench.files import read_json, write_json
from sspbench.releases.digests import DifferingPart
from tests.recorded_results import write_run

SCORES = {"dice": [0.5, 0.6, 0.7], "niqe": [4.0, 5.0, 6.0]}
FACTS = {"images": "i1", "recipe": "cs", "masks": "m1", "niqe": "n1"}


def write(root, **changed):
    """Write two rows of two seeds that record what they depend on."""
    facts = {**FACTS, **changed}
    for row in ("identity", "sspnet"):
        for seed in (0, 1):
            folder = write_run(root, row, seed, SCORES)
            path = folder / "run.json"
            jobs = read_json(path) if path.is_file() else {}
            jobs["segment"] = {"segmenter": {"recipe": facts["recipe"], "weights": f"w{root.name}{seed}"}}
            code = {"masks": facts["masks"], "niqe": facts["niqe"]}
            jobs["score"] = {"data": facts["images"], "metric_code": code}
            write_json(path, jobs)
    return read_results_folder(root)


@pytest.mark.parametrize(
    ("change", "compared"),
    [
        ({}, {"dice", "niqe"}),
        ({"niqe": "n2"}, {"dice"}),
        ({"masks": "m2"}, {"niqe"}),
        ({"recipe": "w-net"}, {"niqe"}),
        ({"images": "i2"}, set()),
    ],
)
def test_measures_that_depend_on_what_differs_are_left_out(tmp_path, change, compared):
    found = compare_results(write(tmp_path / "a"), write(tmp_path / "b", **change))
    assert {(cell.row, cell.metric) for cell in found.cells} == {
        (row, metric) for row in ("identity", "sspnet") for metric in compared
    }
    table = make_parted_table(found.parted)
    assert len(table.rows) == len(change)
    assert ("left out" in found.sentence) == bool(change)


def test_the_table_of_what_is_left_out(tmp_path):
    """Data concerns whole rows, the code of a family its measures."""
    found = compare_results(write(tmp_path / "a"), write(tmp_path / "b", images="i2", niqe="n2"))
    table = make_parted_table(found.parted)
    heads = [("first", "A"), ("second", "B"), ("rows", "Rows"), ("measures", "Measures left out")]
    assert [(one.key, one.label, one.form) for one in table.columns] == [(*head, "words") for head in heads]
    assert (table.key, table.title, table.head) == ("parted", "Not comparable, so left out", "What differs")
    assert {row.label: [cell.text for cell in row.cells] for row in table.rows} == {
        "images": ["i1", "i2", "identity, sspnet", "all"],
        "metric niqe": ["n1", "n2", "identity, sspnet", "niqe"],
    }
    assert make_parted_table(dict.fromkeys(found.parted, frozenset())).rows == ()


def test_lengths_of_two_units_are_left_out_of_the_cells_that_both_sides_have(tmp_path):
    sides = {"a": {"dcp": ("dice", "cnfl", "nerve_width"), "gamma": ("cnfl",)}, "b": {"dcp": ("dice", "cnfl", "cnbd")}}
    for side, rows in sides.items():
        for row, measures in rows.items():
            folder = write_run(tmp_path / side, row, 0, {name: [0.5] for name in measures})
            write_json(folder / "run.json", {"score": {"is_scale_known": side == "a"}})
    parted = find_parted_cells(*(read_results_folder(tmp_path / side) for side in sides))
    assert parted == {DifferingPart("size of a pixel", "", "known", "unknown"): {("dcp", "cnfl")}}


def test_parts_come_in_the_order_of_rows_with_the_measures_of_their_row(tmp_path):
    measures = {row: ("dice", "niqe")[: 1 + number % 2] for number, row in enumerate("gbdface")}
    for side in "xy":
        for row, names in measures.items():
            folder = write_run(tmp_path / side, row, 0, {name: [0.5] for name in names})
            write_json(folder / "run.json", {"score": {"data": f"{side} of {row}"}})
    parted = find_parted_cells(*(read_results_folder(tmp_path / side) for side in "xy"))
    assert list(parted.items()) == [
        (DifferingPart("images", "", f"x of {row}", f"y of {row}"), {(row, name) for name in measures[row]})
        for row in "abcdefg"
    ]


def test_rows_of_other_images_or_presets_fall_and_of_other_metrics_the_measure():
    cells = {"images": ["dcp", "gamma"], "metric": ["sspnet"], "preset": ["clahe"]}
    parted = {
        DifferingPart(name, "", "x", "y"): frozenset((row, "dice") for row in rows) for name, rows in cells.items()
    }
    runs = {(row, 0): row for row in ("dcp", "gamma", "sspnet", "clahe")}
    left = drop_parted(RecordedResults("mine", runs, {("csnet", 0): "csnet"}), parted)
    assert (left.runs, left.segmenters) == ({("sspnet", 0): "sspnet"}, {("csnet", 0): "csnet"})
    assert left.left_out == collect_parted_cells(parted) == {(row, "dice") for row, _ in runs}
    none = drop_parted(RecordedResults("mine", {("dcp", 0): "dcp"}, {("csnet", 0): "csnet"}), parted)
    assert (none.runs, none.segmenters) == ({}, {})


def test_the_command_names_the_part_and_fails_where_nothing_is_comparable(tmp_path, capsys):
    write(tmp_path / "a")
    write(tmp_path / "b", images="i2")
    asked = ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--output", str(tmp_path / "out")]
    assert main(asked) == 1
    said = capsys.readouterr().out
    assert "Not comparable, so left out" in said and "images" in said and "i2" in said


def test_a_training_on_other_images_is_not_verified(tmp_path, capsys):
    write(tmp_path / "a")
    given = write(tmp_path / "b", images="i2")
    published = read_results_folder(tmp_path / "a")
    assert drop_parted(given, find_parted_cells(published, given)).rows == []
    assert main(["verify", str(tmp_path / "b"), "--against", str(tmp_path / "a")]) == 2
    assert "they differ in: images" in capsys.readouterr().err
