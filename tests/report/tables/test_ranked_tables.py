"""Ranks and bold in the tables and in the answer, from scores whose levels are known."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd

from report.analysis.results import Results
from report.analysis.row_ranks import list_ranked_rows
from report.tables.write_all import write_tables
from sspbench.files import write_text
from sspbench.jobs.outcome import write_status
from tests.scored_rows import built, made


def read_cells(folder, table="table2_segmentation"):
    content = json.loads((folder / f"{table}.json").read_text())
    return {row["key"]: row["cells"][0] for row in content["rows"]}, " ".join(content["notes"])


def test_every_row_has_its_rank_and_bold_covers_the_whole_tie(tmp_path):
    results = made(tmp_path, seeds=range(5), levels={"dcp": 0.90})
    write_tables(results, tmp_path / "tables")
    cells, notes = read_cells(tmp_path / "tables")
    assert {row for row, cell in cells.items() if cell.get("best")} == {"sspnet", "dcp"}
    assert cells["sspnet"]["rank"] == cells["dcp"]["rank"] == "1–2 a"
    assert cells["identity"]["rank"] == "5 c"
    assert cells["gamma"]["rank"] == "6"  # a control: the place behind all five
    assert "rank" not in cells["oracle"]
    assert "among 5 rows" in notes and "over all 10 pairs" in notes
    frame = pd.read_csv(tmp_path / "tables" / "rank_intervals.csv").set_index(["table", "metric", "row"])
    assert frame.loc[("segmentation", "dice", "dcp"), ["low", "high", "places", "ties"]].tolist() == [1, 2, 5, "a"]
    assert frame.loc[("segmentation", "dice", "gamma"), ["low", "high", "control"]].tolist() == [6, 6, True]


def test_the_answer_names_a_tie_and_its_ranks_are_those_of_table_2(tmp_path):
    found = built(made(tmp_path, seeds=range(5), levels={"dcp": 0.90}), tmp_path)
    assert found.subline.startswith("First in Dice: ")
    assert "By the test over all pairs, 1 of the other 4 may be first too: " in found.subline
    assert {row.key for row in found.first_rows} == {"sspnet", "dcp"}
    cells, _ = read_cells(tmp_path / "tables")
    assert all(row.rank.text == cells[row.key]["rank"] for row in found.rows if row.rank)


def test_one_training_has_neither_bold_nor_ranks(tmp_path):
    write_tables(made(tmp_path), tmp_path / "tables")
    cells, notes = read_cells(tmp_path / "tables")
    assert not any(cell.get("best") or cell.get("rank") for cell in cells.values())
    assert "No bold and no ranks" in notes
    assert not (tmp_path / "tables" / "rank_intervals.csv").exists()


def test_the_truth_failed_rows_rows_without_values_and_those_made_once_are_not_ranked(tmp_path):
    plan = made(tmp_path, seeds=(0, 1)).plan
    place = plan.layout.run_folder("msgnet", 1)
    (place / "scores.csv").unlink()
    write_status(place, "train", "diverged", "the loss became NaN")
    for seed in (0, 1):
        path = plan.layout.run_folder("dcp", seed) / "scores.csv"
        kept = [line for line in path.read_text().splitlines() if ",niqe," not in line]
        write_text(path, "\n".join([*kept, ""]))
    results = Results(plan, partial=True)
    assert len(results.values("msgnet", "dice")) == 10  # of the other training
    assert list_ranked_rows(results, results.rows, "dice") == ["identity", "brightness", "dcp", "sspnet"]
    assert list_ranked_rows(results, results.rows, "niqe") == ["identity", "brightness", "sspnet"]
    assert list_ranked_rows(results, results.rows[2:], "dice") == ["dcp", "sspnet"]
    results.rows = [replace(row, group="external") if row.id == "dcp" else row for row in results.rows]
    assert list_ranked_rows(results, results.rows, "dice") == ["identity", "brightness", "sspnet"]
