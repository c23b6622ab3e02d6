"""The summary above several data sets or budgets, against numbers computed apart."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.stats import spearmanr

from report.analysis.results import Results
from report.studies.dose_response import draw_dose_figure, estimate_dose_slope, make_dose_table, sort_by_dose
from report.studies.method_order import make_order_table
from report.studies.metric_reliability import RELIABILITY_TRUTHS, rank_metrics
from report.studies.training_budget import make_budget_table
from report.studies.write_summary import write_study_summary
from sspbench.files import write_text
from tests.synthetic_results import make_results
from tests.table_cells import find_cell


@pytest.fixture
def several(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {}
    for number, name in enumerate(("one", "two")):
        results = make_results(
            tmp_path,
            None,
            pictures=False,
            dataset_id=name,
            ablation=None,
            seeds=[0, 1],
            dataset_options={"dose": 1.0 + number},
        )
        for run in results.plan.runs:
            path = results.plan.layout.run_folder(run.id, run.seed) / "scores.csv"
            first = f"{name},demo,{run.plugin.name},,{run.seed}"
            own = 3.0 * (number + 1) * (run.plugin.name == "sspnet") + run.seed
            lines = [
                f"{first},image_{image},hallucinated,{own + image},\n{first},image_{image},lost,1,"
                for image in range(8)
            ]
            write_text(path, path.read_text() + "\n".join(lines) + "\n")
        found[name] = Results(results.plan, partial=True)
    return found


def test_order_ranks_and_wins_are_those_of_the_scores(several):
    found = make_order_table(several)
    frame = pd.concat(results.scores for results in several.values())
    dice = frame[frame["metric"] == "dice"].groupby(["dataset", "row"])["value"].mean().unstack("dataset")
    ranked = dice.drop(index=[row.key for row in found.rows if row.cells[-1].text], errors="ignore")
    ranks = ranked.rank(ascending=False)
    for row in found.rows:
        assert [cell.mean for cell in row.cells[:2]] == pytest.approx(dice.loc[row.key, ["one", "two"]].tolist())
        if not row.cells[-1].text:
            assert row.cells[-2].mean == pytest.approx(ranks.loc[row.key].mean())
            assert row.cells[-1].mean == (ranks.loc[row.key] == 1).sum()
    assert find_cell(found, "oracle", "mean_rank").text == "not ranked"
    assert "Kendall's W" in found.notes[0]


def test_the_slope_over_doses_is_found_with_its_interval(several):
    assert list(sort_by_dose(several)) == [1.0, 2.0]
    lines = {row.key: row.cells[-1] for row in make_dose_table(several, "hallucinated").rows}
    assert lines["sspnet"].mean == pytest.approx(3.0)
    assert lines["identity"].mean == pytest.approx(0.0, abs=1e-9)
    assert "dcp" not in lines


def test_slopes_are_of_each_training_and_image():
    grids = {dose: pd.DataFrame({0: [dose, 2 * dose], 1: [3 * dose, 4 * dose]}) for dose in (1.0, 1.5, 3.0)}
    assert estimate_dose_slope(grids).difference == pytest.approx(np.mean([1, 2, 3, 4]))
    assert estimate_dose_slope({1.0: grids[1.0]}) is None


def test_budgets_are_rows_that_differ_in_steps_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = {name: {"short": {"steps": 5}, "long": {"steps": 9}} for name in ("sspnet", "stillgan")}
    rows["sspnet"]["other"] = {"steps": 5, "weights": {"beta": 2.0}}
    found = make_budget_table(make_results(tmp_path, None, pictures=False, rows=rows, ablation=None))
    assert [column.label for column in found.columns] == ["5 steps", "9 steps"]
    assert {row.key for row in found.rows} == {"sspnet", "stillgan"}
    assert make_budget_table(make_results(tmp_path / "b", None, pictures=False, ablation=None)) is None


def test_everything_is_written_and_the_index_last(several, tmp_path):
    write_study_summary(several, tmp_path / "summary")
    names = {path.name for path in (tmp_path / "summary").iterdir()}
    assert {
        "order.csv",
        "order.tex",
        "dose_invented.md",
        "dose_lost.json",
        "doses.png",
        "doses.pdf",
        "index.json",
        "summary.html",
    } <= names
    page = (tmp_path / "summary" / "summary.html").read_text()
    assert 'src="data:image/png;base64,' in page and 'id="dose_invented"' in page and "://" not in page
    assert page.count('<figure class="figure"><img') == page.count("<img") == page.count(' width="')  # within the page


def test_the_report_card_is_the_rank_correlation_of_row_means(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, None, ablation="sspnet")
    found = {each.measure.name: each for each in rank_metrics({"one": results})}
    assert {"entropy", "niqe"} <= set(found)
    by_row = results.scores.groupby(["metric", "row"])["value"]
    means = (
        by_row.mean().where(by_row.count() == by_row.size()).unstack("row").drop(columns=["oracle", "hq_photograph"])
    )
    for name, sign in (("entropy", 1), ("niqe", -1)):
        for truth, mark in found[name].correlations.items():
            pairs = means.loc[[name, truth]].dropna(axis=1)
            expected = sign * RELIABILITY_TRUTHS[truth][1] * spearmanr(*pairs.to_numpy()).statistic
            assert mark.mean == pytest.approx(expected) and mark.low <= mark.high


def test_values_of_different_images_are_never_correlated(tmp_path, monkeypatch):
    """Each of two measures is undefined on one image, another one: the rest have the same number of images."""
    monkeypatch.chdir(tmp_path)
    plan = make_results(tmp_path, None, ablation="sspnet").plan
    for run in plan.runs:
        path = plan.layout.run_folder(run.id, run.seed) / "scores.csv"
        text = re.sub(r"(,image_0,niqe|,image_1,dice),[^,]*,", r"\1,nan,", path.read_text())
        write_text(path, text)
    found = {each.measure.name: each for each in rank_metrics({"one": Results(plan, partial=True)})}
    assert set(found["entropy"].correlations) == {"psnr"} and not found["niqe"].correlations
    assert found["niqe"].verdict == "too few rows"


def test_without_a_clean_image_there_is_no_report_card(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        rank_metrics({"one": make_results(tmp_path, None, ablation=None, methods=["identity", "dcp", "sspnet"])}) == []
    )


def test_everything_in_the_figure_of_doses_lies_inside_it(several):
    figure = draw_dose_figure(several).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
