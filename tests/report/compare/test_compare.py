"""``compare``: what differs is found, what does not is not, changes are told, the exit status says which."""

import numpy as np
import pandas as pd
import pytest

from report.compare.changes import OneSidedItems, ResultChange, find_changes, find_one_sided_failures
from report.compare.differences import compute_differences
from report.compare.recorded_results import RecordedResults, read_results_folder
from report.compare.tables import compare_results
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.jobs.outcome import write_status
from tests.recorded_results import write_run

ROWS = ("identity", "sspnet", "dcp")


def write(root, seeds=range(5), shift=0.0, number=1, rows=ROWS, images=16, **job):
    """Write results whose rows differ by nothing but luck; ``shift`` is added to sspnet's Dice."""
    random = np.random.default_rng(number)
    for row in rows:
        for seed in seeds:
            dice = 0.6 + 0.01 * random.normal() + 0.05 * np.sin(np.arange(images)) + 0.01 * random.normal(size=images)
            scores = {"dice": dice + shift * (row == "sspnet"), "niqe": 5 + random.normal(size=images)}
            write_run(root, row, seed, scores, **job)
    return read_results_folder(root)


def test_results_are_equal_to_themselves(tmp_path):
    found = compare_results(write(tmp_path / "a"), read_results_folder(tmp_path / "a"))
    assert [cell.verdict for cell in found.cells] == ["equal"] * 6
    assert (found.changes, found.one_sided_failures, found.one_sided, found.exit_status) == ([], [], [], 0)


def test_a_shift_is_found_and_luck_is_not(tmp_path):
    found = compare_results(write(tmp_path / "a", number=1), write(tmp_path / "b", number=2, shift=0.2))
    assert [(cell.row, cell.metric) for cell in found.differing_cells] == [("sspnet", "dice")]
    cell = found.differing_cells[0]
    assert cell.estimate.low < cell.second - cell.first < cell.estimate.high
    assert cell.estimate.difference == pytest.approx(0.2, abs=0.03)
    assert (cell.estimate.trainings, cell.estimate.images, found.exit_status) == (5, 16, 1)


def test_all_cells_are_judged_together():
    """With an interval of its own for each cell, every twentieth of them would differ by luck."""
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(40):
        sides = [RecordedResults(name, {}, {}) for name in "ab"]
        for side in sides:
            side.__dict__["grids"] = {("dcp", str(n)): pd.DataFrame(random.normal(size=(8, 3))) for n in range(10)}
        wrong += any(cell.verdict == "differs" for cell in compute_differences(*sides))
    assert wrong <= 6  # 2 expected, 16 without a family


def test_trainings_are_paired_by_seed_else_in_order(tmp_path):
    one = write(tmp_path / "a", [0, 1, 2])
    seeds = {cell.seeds for cell in compute_differences(one, write(tmp_path / "b", [2, 0, 9]))}
    assert seeds == {((0, 0), (2, 2))}
    assert {cell.seeds for cell in compute_differences(one.select_seeds([0]), one.select_seeds([2]))} == {((0, 2),)}


def test_scores_of_a_release_are_compared_in_its_digits(tmp_path):
    write_run(tmp_path / "a", "dcp", 0, {"dice": [1 / 3, 2 / 3]})
    write_run(tmp_path / "b", "dcp", 0, {"dice": [0.3333333333, 0.6666666667]})
    whole, release = read_results_folder(tmp_path / "a"), read_results_folder(tmp_path / "b", digits=10)
    assert compute_differences(whole, release)[0].verdict == "equal"
    assert compute_differences(whole, read_results_folder(tmp_path / "b"))[0].verdict != "equal"


def test_an_image_undefined_on_one_side_is_left_out_and_counted(tmp_path):
    one = write(tmp_path / "a", [0], rows=["dcp"])
    write_run(tmp_path / "b", "dcp", 0, {"dice": [np.nan, *np.full(15, 0.5)], "niqe": np.full(16, np.nan)})
    (cell,) = compute_differences(one, read_results_folder(tmp_path / "b"))
    assert (cell.metric, cell.undefined, cell.estimate.images) == ("dice", 1, 15)


def test_what_was_changed_is_told_once_for_all_its_rows(tmp_path):
    settings = {"params": {"weights": {"cycle": 10.0}, "lr": 0.1}}
    one = write(tmp_path / "a", [0, 1], settings={**settings, "seed": 0}, versions={"torch": "2.13.0"}, data="d" * 20)
    settings = {"params": {"weights": {"cycle": 5.0}, "lr": 0.1}}
    other = write(tmp_path / "b", [0, 1], settings={**settings, "seed": 1}, versions={"torch": "2.14.0"}, data="e" * 20)
    assert compare_results(one, other).changes == [
        ResultChange("data", ("dcp", "identity", "sspnet"), "d" * 12, "e" * 12),
        ResultChange("params.weights.cycle", ("dcp", "identity", "sspnet"), "10.0", "5.0"),
        ResultChange("version of torch", ("dcp", "identity", "sspnet"), "2.13.0", "2.14.0"),
    ]


def test_what_only_one_side_has_is_told(tmp_path):
    one = write(tmp_path / "a", [0, 1], rows=["dcp"])
    other = write(tmp_path / "b", [1, 2], rows=["dcp", "sspnet"], images=15)
    assert compare_results(one, other).one_sided == [
        OneSidedItems("row", (), ("sspnet",)),
        OneSidedItems("image", ("image_15",), ()),
        OneSidedItems("seed", ("0",), ("2",)),
    ]


def test_a_run_that_failed_on_one_side_is_a_difference(tmp_path):
    one = write(tmp_path / "a", [0])
    write(tmp_path / "b", [0], rows=["identity", "dcp"])
    write_status(tmp_path / "b" / "runs" / "sspnet" / "seed-0", "train", "diverged", "NaN")
    found = compare_results(one, read_results_folder(tmp_path / "b"))
    wanted = [ResultChange("how it ended", ("sspnet",), "done", "diverged")]
    assert find_one_sided_failures(one, found.second) == found.one_sided_failures == wanted
    assert found.exit_status == 1


def test_the_command_writes_markdown_csv_and_a_page_of_its_own(tmp_path, capsys):
    write(tmp_path / "a", number=1)
    write(tmp_path / "b", number=2, shift=0.2)
    output = tmp_path / "out"
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--output", str(output)]) == 1
    assert "6 cells (rows by measures) compared: 1 differ, 5 no difference shown." in capsys.readouterr().out
    frame = pd.read_csv(output / "differences.csv")
    assert len(frame) == 6
    assert set(frame.loc[frame["verdict"] == "differs", "row"]) == {"sspnet"}
    text = (output / "comparison.md").read_text()
    assert "| SSP-Net | Dice |" in text
    page = (output / "comparison.html").read_text()
    assert "SSP-Net" in page
    assert "http" not in page.replace("http-equiv", "")


def test_two_seeds_of_one_result_are_compared(tmp_path, capsys):
    write(tmp_path / "a", [3, 4])
    arguments = ["compare", str(tmp_path / "a"), "--seeds", "3", "4", "--output", str(tmp_path / "out")]
    assert main(arguments) in (0, 1)
    told = capsys.readouterr().out
    assert "a, seed 3" in told
    assert "What only one side has" not in told


def test_what_cannot_be_compared_is_refused(tmp_path):
    one = write(tmp_path / "a", [0, 1])
    with pytest.raises(UserError, match=r"Results are missing of seed 7.*(?s:.)*there are: 0, 1"):
        one.select_seeds([7])
    with pytest.raises(UserError, match="not a results folder"):
        read_results_folder(tmp_path)
    assert main(["compare", str(tmp_path / "a")]) == 2
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "a"), "--seeds", "0", "1"]) == 2


def test_settings_that_one_side_does_not_record_are_no_change():
    sides = [RecordedResults(name, {}, {}) for name in "ab"]
    train = {"settings": {"params": {"lr": 1.0}}}
    sides[0].__dict__["jobs"] = {("sspnet", 0): {"train": train, "segment": {"settings": {"params": {"base": 8}}}}}
    sides[1].__dict__["jobs"] = {("sspnet", 0): {"train": train, "segment": {"settings": {}}, "score": {}}}
    assert find_changes(*sides) == []
    sides[1].jobs["sspnet", 0]["segment"]["settings"] = {"params": {"base": 16}}
    assert find_changes(*sides) == [ResultChange("segment: params.base", ("sspnet",), "8", "16")]
