"""A comparison prints the unit that lengths have; those in micrometres and those in pixels are not compared."""

import pandas as pd
import pytest

from report.compare.recorded_results import read_results_folder
from report.compare.tables import compare_results, make_comparison_tables
from sspbench.commands.cli import main
from sspbench.files import read_json, write_json
from tests.recorded_results import write_run

MEASURES = ("cnfl", "nerve_count", "nerve_width", "tortuosity")
MICROMETRES = ["mm/mm²", "1/mm²", "µm", ""]
PIXELS = ["px/1000 px²", "1/(1000 px)²", "px", ""]


def write(root, shift, **recorded):
    """Write a row of two seeds; both its images have 2 + ``shift`` of each measure; scoring recorded the rest."""
    for seed in (0, 1):
        scores = {name: [2.0 + shift, 2.0 + shift] for name in (*MEASURES, "dice")}
        record = write_run(root, "gamma", seed, scores) / "run.json"
        write_json(record, {**read_json(record), "score": recorded})
    return root


@pytest.mark.parametrize(
    ("recorded", "units"),
    [({}, MICROMETRES), ({"is_scale_known": True}, MICROMETRES), ({"is_scale_known": False}, PIXELS)],
)
def test_the_unit_is_the_one_that_the_numbers_have(tmp_path, capsys, recorded, units):
    one, other = write(tmp_path / "a", 0.0, **recorded), write(tmp_path / "b", 3.0, **recorded)
    assert main(["compare", str(one), str(other), "--output", str(tmp_path / "out")]) == 1
    lines = pd.read_csv(tmp_path / "out/differences.csv", keep_default_na=False).set_index("metric")
    assert lines.loc[list(MEASURES), "unit"].to_list() == units
    assert lines.loc["cnfl", ["a", "b", "difference"]].to_list() == [2.0, 5.0, 3.0]
    assert f"CNFL ({units[0]})" in capsys.readouterr().out
    shown = (tmp_path / "out/comparison.md").read_text()
    assert f"Nerves in {units[1]}, Width in {units[2]}" in shown
    assert ("µm" in shown) is ("µm" in units)


def test_lengths_of_two_units_are_left_out_and_named(tmp_path):
    known = read_results_folder(write(tmp_path / "a", 0.0, is_scale_known=True))
    found = compare_results(known, read_results_folder(write(tmp_path / "b", 0.0, is_scale_known=False)))
    assert [cell.metric for cell in found.cells] == ["dice"]
    assert "4 cells left out" in found.sentence
    parted = {table.key: table for table in make_comparison_tables(found)}["parted"]
    said = ["size of a pixel", *(cell.text for cell in parted.rows[0].cells)]
    assert said == ["size of a pixel", "known", "unknown", "gamma", "cnfl, nerve_count, nerve_width, tortuosity"]


def test_verify_names_the_unit_that_differs(tmp_path, capsys):
    write(tmp_path / "a", 0.0, is_scale_known=True)
    write(tmp_path / "b", 0.0, is_scale_known=False)
    assert main(["verify", str(tmp_path / "b"), "--against", str(tmp_path / "a")]) in (0, 1, 3)
    shown = capsys.readouterr().out
    assert "Not comparable, so left out" in shown and "size of a pixel" in shown
