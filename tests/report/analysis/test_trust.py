"""What measures without a reference are worth, against ranks and correlations computed apart."""

import pytest
from scipy import stats

from report.analysis.metric_trust import assess_metrics
from report.analysis.results import Results
from report.figures.metric_trust import plan_metric_trust
from report.tables.metric_trust import make_trust_table
from sspbench.files import write_text
from tests.synthetic_results import make_results


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = make_results(tmp_path, None, methods=["paper", "controls"], ablation=None)
    for number, run in enumerate(found.plan.runs):
        path = found.plan.layout.run_folder(run.id, run.seed) / "scores.csv"
        first = f"cornsim,demo,{run.plugin.name},{run.variant or ''},{run.seed}"
        lines = [f"{first},image_{image},ssim,{0.01 * ((7 * number) % 11) + 0.3}," for image in range(8)]
        write_text(path, path.read_text() + "\n".join(lines) + "\n")
    return Results(found.plan, partial=True)


def test_places_and_correlations_are_those_of_the_scores(results):
    means = results.scores.groupby(["metric", "row"])["value"].mean().unstack("row")
    others = [row.id for row in results.rows if row.group != "oracle"]
    found = {each.measure.name: each for each in assess_metrics(results)}
    assert {"entropy", "avg_gradient", "niqe", "piqe"} <= set(found)
    for name, sign in (("entropy", 1), ("avg_gradient", 1), ("niqe", -1), ("piqe", -1)):
        line = (sign * means.loc[name]).dropna()
        assert found[name].clean_rank == line.rank(ascending=False)["oracle"]
        wanted = stats.spearmanr(sign * means.loc[name, others], means.loc["ssim", others]).statistic
        assert found[name].agreement["ssim"] == pytest.approx(wanted)


def test_a_measure_misleads_where_the_clean_image_is_in_the_worse_half(results):
    scores = results.scores
    worst = scores["metric"].eq("piqe") & scores["row"].eq("oracle")
    scores.loc[worst, "value"] = 99.0
    results.__dict__["scores"] = scores
    results.__dict__.pop("summaries", None)
    (table,) = make_trust_table(results)
    cells = {row.key: row.cells for row in table.rows}
    assert cells["piqe"][0].text == f"{table.rows[0].cells[1].n} of {table.rows[0].cells[1].n}"
    assert cells["piqe"][-1].text == "misleads"


def test_without_the_truth_there_is_nothing_to_say(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = make_results(tmp_path, None, methods=["identity", "dcp"], ablation=None)
    assert list(make_trust_table(found)) == []
    assert plan_metric_trust(found) is None


def test_the_figure_has_a_panel_per_measure(results):
    figure = plan_metric_trust(results).draw().figure
    assert sum(axes.get_visible() for axes in figure.axes) == len(assess_metrics(results))
