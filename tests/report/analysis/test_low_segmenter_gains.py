"""Gains under the control, a segmenter trained on LQ images: numbers, words, tables, releases."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from report.analysis import primary_rows
from report.analysis.primary_analysis import primary_from_json, primary_to_json
from report.analysis.run_scores import read_low_grids
from report.compare.recorded_results import read_results_folder
from report.tables.write_all import write_tables
from report.verify.features import LOW_FEATURE, iter_measure_features
from sspbench.releases.release_folder import ReleasePart
from sspbench.releases.score_files import (
    SCORE_KEYS,
    collect_row_scores,
    read_release_scores,
    write_score_notes,
    write_wide_file,
)
from tests.scored_rows import built, difference, interval, made, mean_of, read_scores

SHIFTS = {"sspnet": -0.15, "brightness": -0.01, "dcp": 0.0, "identity": 0.03}
"""By how much the control changes Dice; other rows stay as they are."""


def make_both(folder, **more):
    results = made(folder, **more)
    for run in results.plan.runs:
        if not (results.run_folder(run) / "scores.csv").is_file():
            continue
        scores = pd.read_csv(results.run_folder(run) / "scores.csv", keep_default_na=False)
        scores = scores[scores["metric"] == "dice"].assign(segmenter="low")
        scores["value"] = scores["value"].astype(float) + SHIFTS.get(run.id, 0.0)
        (results.run_folder(run) / "low").mkdir()
        scores.to_csv(results.run_folder(run) / "low" / "scores.csv", index=False)
    return results


def test_scores_under_the_control_are_read_once_for_all_tables(tmp_path, monkeypatch):
    results, calls = make_both(tmp_path), []
    monkeypatch.setattr(primary_rows, "read_low_grids", lambda folders: calls.append(1) or read_low_grids(folders))
    write_tables(results, tmp_path / "tables")
    assert len(calls) == 1


def test_gains_are_those_of_the_control_and_the_limitations_name_whose_sign_turns(tmp_path):
    results = make_both(tmp_path)
    found, scores = built(results, tmp_path), read_scores(results)
    for row in ("sspnet", "msgnet", "dcp", "oracle"):
        line = found.find_row(row)
        values = difference(scores, row, "identity") + SHIFTS.get(row, 0.0) - SHIFTS["identity"]
        assert line.low_gain.mean == pytest.approx(values.mean())
        assert (line.low_gain.low, line.low_gain.high) == pytest.approx(interval(values))
        assert line.low_mean == pytest.approx(mean_of(scores, row) + SHIFTS.get(row, 0.0))
        assert line.low_gain.verdict == ""
    assert found.find_row("identity").low_gain is None
    (said,) = [text for text in found.caveats if "depends on the segmenter" in text]
    assert "SSP-Net +0.098 [" in said and "DCP" not in said
    assert primary_to_json(primary_from_json(primary_to_json(found))) == primary_to_json(found)


def test_without_a_control_the_limitations_say_what_the_segmenter_saw(tmp_path):
    found = built(made(tmp_path), tmp_path)
    assert not found.has_low_segmenter
    assert any(text.startswith("The segmenter saw HQ images only") for text in found.caveats)
    table = json.loads((tmp_path / "tables" / "table2_segmentation.json").read_text())
    assert "low_gain" not in {column["key"] for column in table["columns"]}


def test_table_2_shows_the_gain_under_both_and_failed_rows_stay_failed(tmp_path):
    results = make_both(tmp_path, failed=("msgnet",))
    found = built(results, tmp_path)
    table = json.loads((tmp_path / "tables" / "table2_segmentation.json").read_text())
    places = {column["key"]: place for place, column in enumerate(table["columns"])}
    cells = {row["key"]: row["cells"] for row in table["rows"]}
    for row in ("sspnet", "dcp", "oracle"):
        line = found.find_row(row)
        assert cells[row][places["gain"]]["mean"] == pytest.approx(line.gain.mean)
        assert cells[row][places["low_gain"]]["mean"] == pytest.approx(line.low_gain.mean)
    assert all(cell["status"].startswith("diverged") for cell in cells["msgnet"])
    assert "low_gain" in (tmp_path / "tables" / "gains.csv").read_text()


def test_scores_under_the_control_survive_a_release(tmp_path):
    results = make_both(tmp_path)
    run = next(run for run in results.plan.runs if run.id == "sspnet")
    path = results.run_folder(run) / "low" / "scores.csv"
    part = ReleasePart(tmp_path / "release")
    part.folder.mkdir()
    lines, _notes = collect_row_scores("sspnet", {0: path})
    write_wide_file(part.low_scores, SCORE_KEYS, lines)
    write_score_notes([], part.notes)
    again = read_release_scores(part, ("cornsim", "demo"), is_low=True)["sspnet", 0]
    before = pd.read_csv(path)["value"]
    assert [float(line[7]) for line in again] == pytest.approx(before.tolist(), rel=1e-7)


def test_verify_compares_dice_under_the_control_where_both_sides_have_it(tmp_path):
    results = make_both(tmp_path, seeds=range(3))
    published = read_results_folder(results.plan.layout.root)
    found = iter_measure_features(published, published)
    features = {feature.row: feature for feature in found if feature.name == LOW_FEATURE}
    assert set(features) == {"identity", "brightness", "gamma", "dcp", "sspnet", "msgnet", "oracle"}
    scores = read_scores(results)
    assert np.mean(features["sspnet"].published) == pytest.approx(mean_of(scores, "sspnet") + SHIFTS["sspnet"])
    assert features["sspnet"].kind == "segmented" and len(features["sspnet"].given) == 3
