"""Images without a scale: tables and page print pixels, not millimetres; numbers stay as they are."""

import json

import pandas as pd
import pytest

from report.analysis.results import Results
from report.tables.measures import MEASURE_TABLE_MAKERS, make_measure_column
from report.tables.render import write_table
from sspbench.files import write_json
from tests.synthetic_results import make_results

CNFL = [3.0, 7.0, 2.0, 4.0, 6.0, 8.0, 1.0, 9.0]


def with_scale(folder, monkeypatch, field_um):
    """Results with CNFL, nerve count and width of every image, of images whose field is that wide."""
    monkeypatch.chdir(folder)
    results = make_results(folder, failed=None, methods=["identity", "gamma"], ablation=None)
    manifest = results.plan.layout.manifest
    write_json(manifest, {**json.loads(manifest.read_text()), "field_um": field_um})
    for run in results.plan.runs:
        scores = results.run_folder(run) / "scores.csv"
        first = ",".join(scores.read_text().splitlines()[1].split(",")[:5])
        lines = [
            f"{first},image_{number},{name},{value},"
            for name in ("cnfl", "nerve_count", "nerve_width")
            for number, value in enumerate(CNFL)
        ]
        scores.write_text(scores.read_text() + "\n".join(lines) + "\n")
    return Results(results.plan)


def morphometry(results):
    return next(table for make in MEASURE_TABLE_MAKERS for table in make(results) if table.key == "morphometry")


@pytest.mark.parametrize(
    ("field_um", "units"),
    [(400, ["mm/mm²", "1/mm²", "µm"]), (None, ["px/1000 px²", "1/(1000 px)²", "px"])],
)
def test_the_units_of_morphometry_say_whether_the_scale_is_known(tmp_path, monkeypatch, field_um, units):
    results = with_scale(tmp_path, monkeypatch, field_um)
    table = morphometry(results)
    write_table(table, tmp_path / "tables")
    cells = pd.read_csv(tmp_path / "tables/morphometry.csv").set_index(["row", "metric"])
    for name, unit in zip(("cnfl", "nerve_count", "nerve_width"), units, strict=True):
        assert cells.loc[("gamma", name), "unit"] == unit
        assert cells.loc[("gamma", name), "mean"] == 5.0
    shown = "".join(path.read_text() for path in (tmp_path / "tables").glob("morphometry.*"))
    assert ("1 pixel counts as 1 µm" in shown) is (field_um is None)
    assert ("mm²" in shown) is (field_um is not None)
    assert make_measure_column(results.measures["psnr"]).unit == "dB"


def test_a_release_without_its_images_knows_what_scoring_recorded(tmp_path, monkeypatch):
    results = with_scale(tmp_path, monkeypatch, None)
    results.plan.layout.manifest.unlink()
    for known in (True, False):
        for run in results.plan.runs:
            record = results.run_folder(run) / "run.json"
            write_json(record, {**json.loads(record.read_text()), "score": {"is_scale_known": known}})
        assert Results(results.plan).is_scale_known is known
        assert Results(results.plan).measures["cnfl"].unit == ("mm/mm²" if known else "px/1000 px²")
