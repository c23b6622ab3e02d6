"""A row of a method that cannot take the images is in every table with its reason, and is no failure."""

from dataclasses import replace

import pytest

from report.analysis.results import Results
from report.analysis.run_facts import list_failed_runs
from report.analysis.run_record import make_run_record
from report.tables.write_all import TABLE_MAKERS
from tests.synthetic_results import make_results


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of the paper's methods, of which StillGAN takes images in colour only."""
    monkeypatch.chdir(tmp_path)
    plan = make_results(tmp_path, failed=None).plan
    runs = plan.all_runs
    del plan.__dict__["runs"]
    plan.__dict__["all_runs"] = [
        replace(run, plugin=replace(run.plugin, meta={**run.plugin.meta, "color": ["rgb"]}))
        if run.id == "stillgan"
        else run
        for run in runs
    ]
    return Results(plan)


def test_the_row_is_in_every_table_of_measures_with_its_reason(results):
    tables = {table.key: table for maker in TABLE_MAKERS for table in maker(results)}
    for key in ("table1_quality", "table2_segmentation"):
        (row,) = [row for row in tables[key].rows if row.key == "stillgan"]
        assert {cell.status for cell in row.cells} == {
            "not applicable: stillgan takes images of mode rgb, these are grey"
        }
        assert any("stillgan takes images of mode rgb" in note for note in tables[key].notes)


def test_the_others_are_compared_and_nothing_failed(results):
    assert list(list_failed_runs(results)) == []
    record = make_run_record(results)
    (row,) = [row for row in record.rows if row.id == "stillgan"]
    assert row.status.startswith("not applicable")
    assert all(row.status == "done" for row in record.rows if row.id != "stillgan")
    assert "stillgan" not in {row.id for row in results.tested_rows}
