"""What is read of the folders of runs: rows, seeds, values and what they depend on, on folders made by hand."""

import pytest

from report.compare.recorded_results import RecordedResults, make_row_labeller, read_results_folder
from sspbench.errors import UserError
from sspbench.files import write_json, write_text
from sspbench.jobs.outcome import write_status
from sspbench.releases.digests import RowDigest
from tests.recorded_results import COLUMNS, write_run

ROWS = ("sspnet", "dcp", "sspnet+gan", "clahe", "gamma")


def write_job(folder, images, segmenter, weights):
    jobs = {
        "segment": {"segmenter": {"recipe": segmenter, "weights": weights}},
        "score": {"data": images, "metric_code": {"masks": f"code of {images}"}},
    }
    write_json(folder / "run.json", jobs)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_runs_come_in_the_order_of_names_and_other_folders_are_passed_over(tmp_path, is_reversed):
    """File systems list folders in any order, often that in which they were made."""
    for row in sorted(ROWS, reverse=is_reversed):
        for seed in sorted((3, 20, 0), reverse=is_reversed):
            (tmp_path / "runs" / row / f"seed-{seed}").mkdir(parents=True)
        (tmp_path / "runs" / row / "seed-x").mkdir()
        (tmp_path / "runs" / row / "note-1").mkdir()
    (tmp_path / "segmenter" / "csnet" / "seed-3").mkdir(parents=True)
    found = read_results_folder(tmp_path)
    assert list(found.runs) == [(row, seed) for row in sorted(ROWS) for seed in (0, 20, 3)]
    assert found.runs["dcp", 20] == tmp_path / "runs/dcp/seed-20"
    assert found.segmenters == {("csnet", 3): tmp_path / "segmenter/csnet/seed-3"}
    assert (found.name, found.digits, found.seeds) == (str(tmp_path), None, [0, 3, 20])
    named = read_results_folder(tmp_path, "mine", 4)
    assert (named.name, named.digits) == ("mine", 4)


def test_what_the_scores_of_a_row_depend_on(tmp_path):
    seeds = {"sspnet": (1, 2), "dcp": (0, 1)}
    for row, numbers in seeds.items():
        for seed in numbers:
            write_job(write_run(tmp_path, row, seed, {"dice": [0.5]}), f"images of {row}", f"s-{row}", f"{row}-{seed}")
    found = read_results_folder(tmp_path)
    assert found.dataset_and_preset == ("cornsim", "demo")
    assert found.digests == {
        row: RowDigest(
            images=f"images of {row}",
            preset="demo",
            segmenter=f"s-{row}",
            metrics={"masks": f"code of images of {row}"},
            weights={seed: f"{row}-{seed}" for seed in numbers},
        )
        for row, numbers in seeds.items()
    }


def test_only_runs_that_ended_well_have_values(tmp_path):
    for row, value in (("dcp", 0.5), ("sspnet", 0.7), ("gamma", 0.9)):
        write_run(tmp_path, row, 0, {"dice": [value, value], "niqe": [4.0, 5.0]})
    write_status(tmp_path / "runs/gamma/seed-0", "enhance", "failed", "no reason")
    found = read_results_folder(tmp_path)
    assert (found.rows, found.status["gamma", 0]) == (["dcp", "sspnet"], "failed")
    assert found.grids.keys() == {(row, measure) for row in ("dcp", "sspnet") for measure in ("dice", "niqe")}
    assert found.grids["sspnet", "dice"].to_numpy().tolist() == [[0.7], [0.7]]
    parted = RecordedResults("parted", found.runs, {}, left_out=frozenset({("dcp", "dice")}))
    assert found.grids.keys() - parted.grids.keys() == {("dcp", "dice")}


def test_files_without_a_line_name_no_data_set(tmp_path):
    folder = write_run(tmp_path, "dcp", 0, {"dice": [0.5]})
    assert read_results_folder(tmp_path).dataset_and_preset == ("cornsim", "demo")
    write_text(folder / "scores.csv", f"{COLUMNS}\n")
    assert read_results_folder(tmp_path).dataset_and_preset == ("", "")


def test_without_a_run_or_scores_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(UserError, match="This is not a results folder"):
        read_results_folder(tmp_path)
    (tmp_path / "runs/dcp/seed-0").mkdir(parents=True)
    found = read_results_folder(tmp_path, "mine")
    with pytest.raises(UserError, match=r"No run has scores(?s:.)*mine"):
        _ = found.scores


@pytest.mark.parametrize(
    ("known", "status", "expected"), [(True, "done", True), (False, "done", False), (False, "failed", True)]
)
def test_the_size_of_a_pixel_must_be_known_in_runs_that_ended_well(tmp_path, known, status, expected):
    write_run(tmp_path, "gamma", 0, {"dice": [0.5]})
    folder = write_run(tmp_path, "dcp", 0, {"dice": [0.5]})
    write_json(folder / "run.json", {"score": {"is_scale_known": known}})
    write_status(folder, "score", status, "")
    assert read_results_folder(tmp_path).is_scale_known is expected


def test_losses_and_jobs_of_methods_and_segmenters(tmp_path):
    for place, row in ((tmp_path, "dcp"), (tmp_path, "sspnet"), (tmp_path / "other", "csnet")):
        write_run(place, row, 3, {"dice": [0.5]}, None if row == "dcp" else {"loss": [2.0, 1.0]}, commit=row)
    (tmp_path / "other" / "runs").rename(tmp_path / "segmenter")
    found = read_results_folder(tmp_path)
    logged = [(10, {"loss": 2.0}), (20, {"loss": 1.0})]
    assert found.losses == {("dcp", 3): [], ("sspnet", 3): logged, ("csnet", 3): logged}
    assert {key: jobs["train"]["commit"] for key, jobs in found.jobs.items()} == {
        ("dcp", 3): "dcp",
        ("sspnet", 3): "sspnet",
    }
    assert [jobs["train"]["commit"] for jobs in found.segmenter_jobs.values()] == ["csnet"]
    assert found.segmenter_jobs.keys() == {("csnet", 3)}


def test_dice_of_the_other_segmenter_is_that_of_rows_that_are_compared(tmp_path):
    for row, value in (("dcp", 0.5), ("sspnet", 0.7), ("gamma", 0.9)):
        folder = write_run(tmp_path, row, 0, {"dice": [value]})
        write_text(folder / "low" / "scores.csv", (folder / "scores.csv").read_text())
    write_status(tmp_path / "runs/gamma/seed-0", "enhance", "failed", "no reason")
    found = read_results_folder(tmp_path)
    parted = RecordedResults("parted", found.runs, {}, left_out=frozenset({("dcp", "dice"), ("sspnet", "auc")}))
    assert {row: grid.to_numpy().tolist() for row, grid in parted.low_grids.items()} == {"sspnet": [[0.7]]}
    assert found.low_grids.keys() == {"dcp", "sspnet"}


def test_seeds_and_rows_are_selected():
    runs = {(row, seed): f"{row} {seed}" for row in ("dcp", "gamma") for seed in (0, 2, 7)}
    whole = RecordedResults("mine", runs, {("csnet", seed): f"csnet {seed}" for seed in (0, 2, 7)})
    two = whole.select_seeds([7, 0])
    assert two.name == "mine, seeds 7, 0"
    assert list(two.runs.values()) == ["dcp 0", "dcp 7", "gamma 0", "gamma 7"]
    assert list(two.segmenters.values()) == ["csnet 0", "csnet 7"]
    assert whole.select_seeds([2]).name == "mine, seed 2"
    one = whole.select_rows(["gamma"])
    assert (list(one.runs.values()), one.segmenters, one.name) == (["gamma 0", "gamma 2", "gamma 7"], {}, "mine")
    with pytest.raises(UserError, match=r"missing of seed 3, 4(?s:.)*there are: 0, 2, 7"):
        whole.select_seeds([3, 0, 4])
    with pytest.raises(UserError, match=r"missing of clahe, sspnet(?s:.)*there are: dcp, gamma"):
        whole.select_rows(["clahe", "dcp", "sspnet"])


@pytest.mark.parametrize(
    ("row", "label"),
    [
        ("sspnet", "SSP-Net"),
        ("sspnet+gan", "L_GAN"),
        ("sspnet+own", "SSP-Net (own)"),
        ("sspnet+untrained", "SSP-Net, untrained"),
        ("elsewhere", "elsewhere"),
        ("elsewhere+own", "elsewhere+own"),
    ],
)
def test_a_row_of_no_known_method_keeps_its_name(row, label):
    assert make_row_labeller()(row) == label
