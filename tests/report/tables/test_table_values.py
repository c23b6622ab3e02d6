"""From ``scores.csv`` written by hand to the cells of the tables' files, computed by hand."""

import math

import pandas as pd
import pytest

from report.analysis.results import Results
from report.tables.measures import MEASURE_TABLE_MAKERS
from report.tables.render import write_table
from tests.synthetic_results import make_results

VALUES = {
    ("identity", "dice"): {"a": (0.2, 0.4), "b": (0.6, 0.8), "c": (0.5, math.nan)},
    ("gamma", "dice"): {"a": (0.9, 0.7), "b": (0.5, 0.3), "c": (0.6, 0.6)},
    ("identity", "niqe"): {"a": (5, 5), "b": (6, 8), "c": (7, 5)},
    ("gamma", "niqe"): {"a": (4, 4), "b": (5, 5), "c": (9, 9)},
    ("identity", "psnr"): {"a": (math.nan,) * 2, "b": (math.nan,) * 2, "c": (math.nan,) * 2},
    ("gamma", "psnr"): {"a": (20, 20), "b": (30, 30), "c": (math.nan, 40)},
}
"""Values under seed 0 and seed 1 of each image, by row and metric."""

ROOT = math.sqrt(2)
EXPECTED = {
    # image means 0.3, 0.7 (c is left out: it has no value under seed 1); seed means 0.4, 0.6
    ("table2_segmentation", "identity", "dice"): (0.5, 0.4 / ROOT, 0.2 / ROOT, 2, 1),
    # image means 0.8, 0.4, 0.6; seed means 2.0 / 3 and 1.6 / 3
    ("table2_segmentation", "gamma", "dice"): (0.6, 0.2, 0.4 / 3 / ROOT, 3, 0),
    # image means 5, 7, 6; seed means 6, 6
    ("table1_quality", "identity", "niqe"): (6, 1, 0, 3, 0),
    # 4, 5, 9 lie 2, 1 and -3 below their mean 6
    ("table1_quality", "gamma", "niqe"): (6, math.sqrt((4 + 1 + 9) / 2), 0, 3, 0),
    ("truth", "identity", "psnr"): (math.nan, math.nan, math.nan, 0, 3),
    ("truth", "gamma", "psnr"): (25, 10 / ROOT, 0, 2, 1),
}
"""Mean, sd over images, sd over seeds, images, images left out, by table, row and metric."""


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """The folder of the tables of these values; dcp has failed."""
    monkeypatch.chdir(tmp_path)
    made = make_results(tmp_path, "dcp", methods=["identity", "gamma", "dcp"], ablation=None, seeds=[0, 1])
    for run in made.plan.runs:
        if run.plugin.name != "dcp":
            path = made.run_folder(run) / "scores.csv"
            head = path.read_text().splitlines()[0]
            first = f"{made.plan.layout.dataset},{made.plan.preset},{run.plugin.name},,{run.seed}"
            lines = [
                f"{first},{image},{metric},{pair[run.seed]},{'undefined' if math.isnan(pair[run.seed]) else ''}"
                for (row, metric), images in VALUES.items()
                if row == run.plugin.name
                for image, pair in images.items()
            ]
            path.write_text("\n".join([head, *lines]) + "\n")
    results = Results(made.plan, partial=True)
    for make in MEASURE_TABLE_MAKERS:
        for table in make(results):
            write_table(table, tmp_path / "tables")
    return tmp_path / "tables"


def test_every_cell_of_the_csv_is_that_computed_by_hand(tables):
    for (name, row, metric), expected in EXPECTED.items():
        cells = pd.read_csv(tables / f"{name}.csv").set_index(["row", "metric"])
        found = cells.loc[(row, metric), ["mean", "sd_images", "sd_seeds", "n", "missing"]].tolist()
        assert found == pytest.approx(expected, rel=1e-9, nan_ok=True), (name, row, metric)
        assert cells.loc[(row, metric), "seeds"] == 2


def test_a_failed_row_is_shown_with_its_status_and_without_numbers(tables):
    cells = pd.read_csv(tables / "table2_segmentation.csv").set_index(["row", "metric"])
    assert cells.loc[("dcp", "dice"), "status"].startswith("diverged: The loss became NaN")
    assert cells.loc[[("dcp", "dice")], ["mean", "sd_images", "sd_seeds"]].isna().all(axis=None)
    assert set(cells.index.get_level_values("row")) == {"identity", "gamma", "dcp"}


def test_the_printed_cells_have_these_digits_and_the_notes_name_what_is_left_out(tables):
    text = (tables / "table2_segmentation.md").read_text()
    assert "| Origin | 0.500 ± 0.28 (0.14) |" in text and "| Gamma | 0.600 ± 0.20 (0.094) |" in text
    assert "over n = 2–3 test images" in text
    assert "Dice undefined under some seed for 1 of 3 images, left out (undefined): Origin." in text
    quality = (tables / "table1_quality.md").read_text()
    assert "| Origin | 6.00 ± 1.0 (0.00) |" in quality and "| Gamma | 6.00 ± 2.6 (0.00) |" in quality
