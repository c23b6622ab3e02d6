"""Results by type of degradation, and vessel shares beside those of the input, from scores known beforehand."""

import numpy as np
import pandas as pd
import pytest

from report.analysis.results import Results
from report.analysis.run_facts import collect_origins
from report.tables.degradations import make_degradation_tables
from report.tables.vessels import make_vessel_table
from sspbench.files import read_json, write_json
from sspbench.images.manifest import write_manifest
from sspbench.images.pictures import write_grey
from tests.synthetic_results import make_results

TYPES = {"image_0": "illumination, spots, blur", "image_1": "blur", "image_2": "blur"}


def add_scores(results, row, measure, values):
    """Add the values of images 0, 1, ... of a measure to a row's scores."""
    (run,) = [run for run in results.plan.runs if run.id == row]
    path = results.run_folder(run) / "scores.csv"
    frame = pd.read_csv(path, keep_default_na=False)
    frame = frame[frame["metric"] != measure]
    lines = frame.iloc[: len(values)].assign(
        image=[f"image_{number}" for number in range(len(values))], metric=measure, value=values
    )
    pd.concat([frame, lines]).to_csv(path, index=False)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = make_results(tmp_path, failed="msgnet", dataset="fundussim", ablation=None)
    for row, psnr, share in (("identity", (10, 20, 30), (5, 6, 7)), ("sspnet", (11, 22, 32), (6, 6, 10))):
        add_scores(made, row, "psnr", psnr)
        add_scores(made, row, "vessel_share", share)
    for run in made.plan.runs:
        path = made.run_folder(run) / "run.json"
        if path.is_file():
            write_json(path, {**read_json(path), "score": {"degradations": TYPES}})
    return Results(made.plan, partial=True)


def test_each_type_has_a_column_and_its_own_images(results):
    table = {table.key: table for table in make_degradation_tables(results)}["degradation_psnr"]
    assert [column.label for column in table.columns] == ["blur", "all three"]
    cells = {row.key: row.cells for row in table.rows}
    assert [(cell.mean, cell.n) for cell in cells["identity"]] == [(25.0, 2), (10.0, 1)]
    assert [(cell.mean, cell.n) for cell in cells["sspnet"]] == [(27.0, 2), (11.0, 1)]
    assert cells["msgnet"][0].status.startswith("diverged")
    assert "2 with blur; 1 with all three" in table.notes[0]


def test_no_table_where_degradations_are_unknown(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = make_results(tmp_path, failed=None)
    assert list(make_degradation_tables(made)) == []
    assert list(make_vessel_table(made)) == []


def test_vessel_shares_stand_beside_their_change_against_the_input(results):
    (table,) = make_vessel_table(results)
    cells = {row.key: row.cells for row in table.rows}
    assert [cell.mean for cell in cells["identity"]] == [6.0, 0.0]
    assert [cell.mean for cell in cells["sspnet"]] == pytest.approx([22 / 3, 4 / 3])


def test_the_share_of_the_field_of_view_is_among_the_origins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = make_results(tmp_path, failed=None)
    assert not any(origin.name.startswith("field of view") for origin in collect_origins(made))
    folder = made.plan.layout.data
    mask = np.zeros((48, 48), np.uint8)
    mask[:, :12] = 255
    write_grey(folder / "testA_fov/image_0.png", mask)
    write_manifest(folder, {"dataset": "cornsim", "field_um": 400})
    again = Results(made.plan)
    (share,) = [origin.value for origin in collect_origins(again) if origin.name.startswith("field of view")]
    assert share == "0.250 of the frame (0.250 to 0.250), black outside"
