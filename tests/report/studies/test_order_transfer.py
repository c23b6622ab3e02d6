"""Whether an order carries over between data sets: rows, words and figure, on scores whose order is known."""

from dataclasses import astuple
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.stats import kendalltau

from report.analysis.results import Results
from report.analysis.statistics.order_agreement import OrderAgreement
from report.studies.order_transfer import (
    ALL_ROWS,
    METHOD_ROWS,
    TRANSFER_COLUMNS,
    DataSetPair,
    OrderTransfer,
    compare_orders,
    describe_transfer,
    draw_transfer_figure,
    list_pairs,
    make_transfer_table,
)
from report.studies.write_summary import make_study_tables, write_study_summary
from report.tables.record import Cell
from sspbench.files import write_text
from tests.synthetic_results import make_results
from tests.table_cells import find_cell

ROWS = ["identity", "dcp", "msgnet", "enlightengan", "stillgan", "sspnet", "clahe"]
TRIVIAL_ROWS = {"clahe"}


def make_scored(folder, dataset, seeds, ssim, failed=None):
    """Make results whose SSIM is given by row, with a little noise, and whose lost length is the SSIM reversed."""
    results = make_results(
        folder,
        failed,
        pictures=False,
        dataset=dataset,
        ablation=None,
        seeds=seeds,
        methods=[*ROWS, "msgnet+untrained", "oracle", "sspnet+gan"],
    )
    random = np.random.default_rng(len(dataset))
    for run in results.plan.runs:
        path = results.plan.layout.run_folder(run.id, run.seed) / "scores.csv"
        if not path.is_file():
            continue
        first = f"{dataset},demo,{run.plugin.name},{run.variant or ''},{run.seed}"
        level = ssim.get(run.id, 0.0)
        lines = [
            f"{first},image_{image},{name},{sign * (level + 0.01 * random.random())},"
            for image in range(8 if dataset == "cornsim" else 6)
            for name, sign in (("ssim", 1), ("lost", -100))
        ]
        write_text(path, path.read_text() + "\n".join(lines) + "\n")
    return Results(results.plan, partial=True)


def make_pair(tmp_path, second, seeds=(0, 1, 2), failed=None):
    """Return cornsim with ROWS in rising order, and fundussim with the order of ``second``."""
    rising = {row: place / 10 for place, row in enumerate(ROWS)}
    other = {row: place / 10 for place, row in enumerate(second)}
    several = {
        "cornsim": make_scored(tmp_path, "cornsim", list(seeds), rising),
        "fundussim": make_scored(tmp_path, "fundussim", list(seeds), other, failed),
    }
    return several


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def find_by_measure(found, heading=ALL_ROWS):
    return {each.measure: each for each in found if each.heading == heading}


def test_the_same_order_carries_over_and_the_reverse_does_not(tmp_path):
    for second, tau, verdict in ((ROWS, 1, "carries over"), (ROWS[::-1], -1, "does not carry over")):
        (pair,) = list_pairs(make_pair(tmp_path / verdict, second))
        found = find_by_measure(compare_orders(pair))
        assert {name: found[name].agreement.tau for name in ("ssim", "lost")} == {"ssim": tau, "lost": tau}
        assert {found[name].verdict for name in ("ssim", "lost")} == {verdict}


def test_tau_and_ranks_are_those_of_the_means(tmp_path):
    several = make_pair(tmp_path, ["dcp", "clahe", "identity", "sspnet", "msgnet", "stillgan", "enlightengan"])
    (pair,) = list_pairs(several)
    found = find_by_measure(compare_orders(pair))
    assert [found[name].images for name in ("ssim", "lost")] == [(8, 6)] * 2
    for each in found.values():
        means = [
            results.scores[results.scores["metric"] == each.measure].groupby("row")["value"].mean()[ROWS]
            for results in several.values()
        ]
        assert each.agreement.tau == pytest.approx(kendalltau(*means).statistic)
        better = -1 if each.measure == "lost" else 1
        shown = {label: tuple(ranks) for label, ranks in zip(each.labels, each.ranks.T, strict=True)}
        labels = several["cornsim"].labels
        expected = [(-better * mean).rank() for mean in means]
        assert shown == {labels[row]: (expected[0][row], expected[1][row]) for row in ROWS}


def test_methods_are_ordered_alone_too_and_controls_and_ablations_never(tmp_path):
    (pair,) = list_pairs(make_pair(tmp_path, ROWS))
    assert {row.id for row in pair.list_common_rows()} == set(ROWS)
    found = compare_orders(pair)
    labels = pair.results[0].labels
    assert set(find_by_measure(found, METHOD_ROWS)["ssim"].labels) == {labels[row] for row in ROWS} - {
        labels[row] for row in TRIVIAL_ROWS
    }


def test_a_table_has_a_line_for_each_measure_and_set_of_rows():
    settled = OrderAgreement(0.4, 0.1, 0.7, (0.6, 0.55), trainings=3)
    moved = OrderAgreement(-0.5, -0.8, -0.2, (0.5, 0.9), trainings=2)
    given = {"ssim": (ALL_ROWS, settled, (8, 6), [2, 1, 3]), "psnr": (METHOD_ROWS, moved, (5, 9), [1, 3, 2])}
    found = [
        OrderTransfer(name, name.upper(), heading, ("A", "B", "C"), np.array([[1, 2, 3], ranks]), agreement, images)
        for name, (heading, agreement, images, ranks) in given.items()
    ]
    table = make_transfer_table(DataSetPair(("one", "two"), (SimpleNamespace(rows=[]),) * 2), found)
    verdicts = ("is undecided with 3 trainings", "does not carry over")
    assert [(row.key, row.label, row.heading, tuple(map(astuple, row.cells))) for row in table.rows] == [
        ("ssim", "SSIM", ALL_ROWS, make_cells(3, (0.4, 0.1, 0.7), 6, 3, 0.55, verdicts[0])),
        ("psnr-methods", "PSNR", METHOD_ROWS, make_cells(3, (-0.5, -0.8, -0.2), 5, 2, 0.5, verdicts[1])),
    ]
    assert list(table.notes[:2]) == [
        f"{ALL_ROWS}: from one to two the order is undecided with 3 trainings in every measure.",
        f"{METHOD_ROWS}: from one to two the order does not carry over in every measure.",
    ]
    assert list(table.data.columns) == [
        "measure", "rows", "row", "rank_one", "rank_two", "tau", "low", "high", "verdict",
    ]  # fmt: skip
    assert table.data.iloc[[1, 5]].to_numpy().tolist() == [
        ["ssim", ALL_ROWS, "B", 2, 1, 0.4, 0.1, 0.7, verdicts[0]],
        ["psnr", METHOD_ROWS, "C", 3, 2, -0.5, -0.8, -0.2, verdicts[1]],
    ]


def make_cells(rows, tau, images, trainings, own, verdict):
    mean, low, high = tau
    interval = Cell(mean=mean, low=low, high=high, n=images, seeds=trainings)
    return tuple(map(astuple, (Cell(mean=rows), interval, Cell(mean=own), Cell(verdict))))


def test_measures_in_which_one_verdict_differs_are_named(tmp_path):
    kept, lost = OrderAgreement(0.9, 0.8, 1.0, (1, 1), 3), OrderAgreement(0.1, 0.0, 0.2, (1, 1), 3)
    given = {"PSNR": kept, "Dice": kept, "SSIM": lost}
    found = [OrderTransfer(name, name, ALL_ROWS, (), np.zeros((2, 0)), each, (4, 4)) for name, each in given.items()]
    pair = DataSetPair(("one", "two"), (SimpleNamespace(rows=[]),) * 2)
    start = f"{ALL_ROWS}: from one to two the order"
    assert list(describe_transfer(pair, found)) == [
        f"{start} carries over in PSNR and Dice; it does not carry over in SSIM."
    ]


def test_rows_without_a_common_image_in_one_data_set_are_not_compared(tmp_path):
    several = make_pair(tmp_path, ROWS, seeds=[0])
    plan = several["fundussim"].plan
    path = plan.layout.run_folder("sspnet", 0) / "scores.csv"
    write_text(path, path.read_text().replace(",image_", ",other_"))
    (pair,) = list_pairs({**several, "fundussim": Results(plan, partial=True)})
    assert compare_orders(pair) == []


def test_one_training_gives_no_verdict(tmp_path):
    (pair,) = list_pairs(make_pair(tmp_path, ROWS, seeds=[0]))
    found = compare_orders(pair)
    assert {each.verdict for each in found} == {"is undecided with one training"}
    table = make_transfer_table(pair, found)
    assert "the order is undecided with one training in every measure." in table.notes[0]


def test_a_row_that_one_data_set_lacks_is_left_out_with_its_reason(tmp_path):
    (pair,) = list_pairs(make_pair(tmp_path, ROWS, failed="dcp"))
    assert "dcp" not in {row.id for row in pair.list_common_rows()}
    table = make_transfer_table(pair, compare_orders(pair))
    assert "Left out: DCP, on fundussim diverged: The loss became NaN <twice>." in table.notes


def test_cells_words_and_page_agree(tmp_path):
    several = make_pair(tmp_path, ROWS)
    write_study_summary(several, tmp_path / "summary")
    names = {path.name for path in (tmp_path / "summary").iterdir()}
    assert {"order_cornsim_fundussim.csv", "ranks-cornsim-fundussim.png"} <= names
    table = next(each for each in make_study_tables(several) if each.key == "order_cornsim_fundussim")
    assert find_cell(table, "ssim", "verdict").text == "carries over"
    tau = find_cell(table, "ssim", "tau")
    assert (tau.mean, tau.n, tau.seeds) == (1, 6, 3)
    page = (tmp_path / "summary" / "summary.html").read_text()
    assert table.notes[0] in page


def test_digits_and_directions_of_the_columns():
    shown = {one.key: (one.better, one.decimals, one.form) for one in TRANSFER_COLUMNS}
    assert shown == {
        "rows": ("none", 0, "number"), "tau": ("higher", 2, "number"), "own": ("higher", 2, "number"),
        "verdict": ("none", 4, "words"),
    }  # fmt: skip


def test_data_sets_of_one_kind_are_no_pair(tmp_path):
    rising = {row: place / 10 for place, row in enumerate(ROWS)}
    one = make_scored(tmp_path, "cornsim", [0], rising)
    assert list_pairs({"one": one, "two": one}) == []


def test_everything_in_the_figure_lies_inside_it(tmp_path):
    (pair,) = list_pairs(make_pair(tmp_path, ROWS[::-1]))
    figure = draw_transfer_figure(pair, compare_orders(pair)).figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    box, (width, height) = figure.get_tightbbox(canvas.get_renderer()), figure.get_size_inches()
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
