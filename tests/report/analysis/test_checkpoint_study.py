"""The study of checkpoints: best step, regret with its interval, and spread, by hand."""

import math
from statistics import fmean, stdev

import numpy as np
import pytest
from scipy import stats

from report.analysis.checkpoint_study import study_checkpoints
from report.figures import checkpoints
from report.figures.checkpoints import plan_checkpoints
from report.figures.draw_all import draw_figures, write_chart_panels
from report.tables.checkpoints import make_checkpoint_table
from sspbench.files import write_text
from tests.scored_rows import made

HEAD = "dataset,preset,method,variant,seed,image,metric,value,note,step"


def write_checkpoints(results, row, values, metric="dice", seed=0):
    """Write the values of images by step, as scoring the checkpoints does."""
    (run,) = [run for run in results.plan.runs if (run.id, run.seed) == (row, seed)]
    lines = [
        f"cornsim,demo,{row},,{seed},i{number},{metric},{value},,{step}"
        for step, images in values.items()
        for number, value in enumerate(images)
    ]
    write_text(results.run_folder(run) / "checkpoints" / "scores.csv", "\n".join([HEAD, *lines]) + "\n")


def curve_of(results, row):
    (curve,) = [curve for curve in study_checkpoints(results).curves if curve.row == row]
    return curve


def test_best_regret_and_spread_of_one_training_by_hand(tmp_path):
    results = made(tmp_path, checkpoints=4)
    values = {10: [0.5, 0.5, 0.5], 20: [0.9, 0.7, 0.8], 30: [0.6, 0.6, 0.6], 40: [0.7, 0.7, 0.7]}
    write_checkpoints(results, "sspnet", values)
    curve = curve_of(results, "sspnet")
    assert curve.steps == (10, 20, 30, 40)
    assert curve.means == pytest.approx((0.5, 0.8, 0.6, 0.7))
    assert curve.steps[curve.best] == 20
    differences = [0.2, 0.0, 0.1]
    half = stats.t.ppf(0.975, 2) * stdev(differences) / math.sqrt(3)
    found = curve.regret
    assert (found.mean, found.low, found.high) == pytest.approx((0.1, 0.1 - half, 0.1 + half))
    assert (found.images, found.trainings) == (3, 1)
    assert curve.spread == pytest.approx(stdev([0.6, 0.7]))


def test_the_best_step_is_that_of_all_trainings_together(tmp_path):
    results = made(tmp_path, seeds=(0, 1), checkpoints=3)
    write_checkpoints(results, "sspnet", {1: [0.9, 0.7], 2: [0.6, 0.6], 3: [0.5, 0.5]}, seed=0)
    write_checkpoints(results, "sspnet", {1: [0.1, 0.1], 2: [0.6, 0.8], 3: [0.7, 0.5]}, seed=1)
    curve = curve_of(results, "sspnet")
    assert curve.means == pytest.approx((fmean([0.8, 0.1]), fmean([0.6, 0.7]), fmean([0.5, 0.6])))
    assert curve.steps[curve.best] == 2
    assert curve.regret.mean == pytest.approx(0.1)
    assert curve.regret.trainings == 2
    assert curve.spread == pytest.approx(stdev([0.65, 0.55]))


@pytest.mark.parametrize("last", [[0.8, 0.6], [0.9, 0.9]])
def test_the_last_of_equal_or_better_ones_is_the_best_and_nothing_is_regretted(tmp_path, last):
    results = made(tmp_path, checkpoints=2)
    write_checkpoints(results, "sspnet", {5: [0.7, 0.7], 9: last})
    curve = curve_of(results, "sspnet")
    assert curve.steps[curve.best] == 9 and curve.regret is None
    assert math.isnan(curve.spread)


def test_without_labels_the_ranking_measure_counts_in_its_own_direction(tmp_path):
    results = made(tmp_path, labels=False, checkpoints=2)
    write_checkpoints(results, "sspnet", {5: [4.0, 3.0], 7: [9.0, 9.0], 9: [5.0, 5.0]}, metric="niqe")
    study = study_checkpoints(results)
    assert study.measure.name == "niqe"
    curve = curve_of(results, "sspnet")
    assert curve.steps[curve.best] == 5
    assert curve.regret.mean == pytest.approx(1.5)


def test_an_image_undefined_at_a_step_is_left_out_of_its_mean_and_of_the_regret(tmp_path):
    results = made(tmp_path, checkpoints=2)
    write_checkpoints(results, "sspnet", {5: [0.9, 0.8, 0.1], 9: [0.6, 0.7, "nan"]})
    curve = curve_of(results, "sspnet")
    assert curve.means == pytest.approx((0.6, 0.65))
    write_checkpoints(results, "sspnet", {5: [0.9, 0.8, 0.7], 9: [0.6, 0.7, "nan"]})
    assert curve_of(results, "sspnet").regret.mean == pytest.approx(np.mean([0.3, 0.1]))


def test_a_step_that_is_undefined_throughout_is_not_the_best_one(tmp_path):
    results = made(tmp_path, checkpoints=3)
    write_checkpoints(results, "sspnet", {5: ["nan", "nan"], 7: [0.9, 0.8], 9: [0.6, 0.7]})
    curve = curve_of(results, "sspnet")
    assert math.isnan(curve.means[0]) and curve.steps[curve.best] == 7
    assert curve.regret.mean == pytest.approx(0.2)


def test_images_of_one_subject_count_together_in_the_interval_of_the_regret(tmp_path):
    # i0 and i1 are of one subject, i2 and i3 of one each.
    results = made(tmp_path, checkpoints=2, subject=r"i(?=[01])|i\d")
    write_checkpoints(results, "sspnet", {5: [0.9, 0.9, 0.8, 0.7], 9: [0.5, 0.6, 0.7, 0.7]})
    found = curve_of(results, "sspnet").regret
    assert (found.mean, found.images, found.clusters, found.trainings) == (pytest.approx(0.2), 4, 3, 1)
    assert found.note


def test_the_table_has_trained_rows_alone_and_shows_what_failed_or_is_missing(tmp_path):
    results = made(tmp_path, rows=["identity", "gamma", "zerodce", "sspnet", "msgnet"], failed=("msgnet",),
                   levels={"zerodce": 0.7}, checkpoints=2)  # fmt: skip
    write_checkpoints(results, "sspnet", {5: [0.9, 0.7], 9: [0.6, 0.6]})
    (table,) = make_checkpoint_table(results)
    rows = {row.key: row.cells for row in table.rows}
    assert set(rows) == {"zerodce", "sspnet", "msgnet"}
    assert rows["msgnet"][0].status.startswith("diverged")
    assert rows["zerodce"][0].text == "not scored"
    step, best, last, regret, spread = rows["sspnet"]
    assert step.text == "5 of 9"
    assert (best.mean, last.mean, regret.mean) == pytest.approx((0.8, 0.6, 0.2))
    assert math.isnan(spread.mean)
    assert "2 evenly spaced ones" in table.title
    assert "chosen on the test images themselves" in table.notes[0]


def test_figure_and_panels_share_one_study(tmp_path, monkeypatch):
    results, calls = made(tmp_path, checkpoints=2), []
    write_checkpoints(results, "sspnet", {5: [0.9, 0.7], 10: [0.6, 0.6]})
    monkeypatch.setattr(checkpoints, "study_checkpoints", lambda given: calls.append(1) or study_checkpoints(given))
    write_chart_panels(results, tmp_path / "figures")
    draw_figures(results, tmp_path / "figures", pictures=False)
    assert len(calls) == 1 and (tmp_path / "figures" / "checkpoints.png").is_file()


def test_nothing_is_shown_where_no_checkpoints_are_kept_or_scored(tmp_path):
    for results in (made(tmp_path / "off"), made(tmp_path / "release", checkpoints=3)):
        assert study_checkpoints(results) is None
        assert list(make_checkpoint_table(results)) == []
        assert plan_checkpoints(results) is None


def test_the_curves_are_drawn_over_the_share_of_each_training(tmp_path):
    results = made(tmp_path, checkpoints=2)
    write_checkpoints(results, "sspnet", {5: [0.9, 0.7], 10: [0.6, 0.6]})
    write_checkpoints(results, "msgnet", {50: [0.5, 0.5], 200: [0.6, 0.6]})
    planned = plan_checkpoints(results)
    finished = planned.draw()
    lines = {line.get_label(): line.get_xydata().tolist() for line in finished.figure.axes[0].lines}
    label = results.labels
    assert lines[label["sspnet"]] == [[50.0, pytest.approx(0.8)], [100.0, pytest.approx(0.6)]]
    assert lines[label["msgnet"]] == [[25.0, pytest.approx(0.5)], [100.0, pytest.approx(0.6)]]
    assert "best after step 5 of 10" in finished.alt and "best after step 200 of 200" in finished.alt
    (panel,) = planned.panels
    plot = panel.to_json()["plot"]
    assert label["sspnet"] in plot and "var(--c" in plot
