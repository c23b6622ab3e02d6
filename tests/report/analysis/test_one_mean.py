"""One mean: whatever values are missing, every consumer of the scores shows the summary's numbers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.analysis.audits import audit_own_scores, audit_paper
from report.analysis.paper import load_paper
from report.analysis.paper_comparison import compare_with_paper
from report.analysis.results import MethodRow, Results
from report.analysis.statistics.paired_tests import compare_with_references
from report.analysis.statistics.summary import (
    average_by_image,
    collect_means,
    compute_mean_ranks,
    iter_grids,
    summarise,
)
from report.figures.tradeoff import find_mean_pair
from report.page.claim_verdicts import OurResults
from report.page.table_store import TableStore
from report.tables.measures import make_measure_table
from report.tables.record import table_from_json, table_to_json
from sspbench.contract import Measure
from table_audit.quantity import find_quantity
from tests.table_cells import find_cell

ROWS = ("identity", "dcp", "sspnet")
DICE = Measure("dice", "Dice", "higher", table="segmentation")
COLUMNS = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note", "row"]


def tidy(grid):
    """Scores from a (rows, seeds, images) grid of Dice."""
    lines = [
        ("cornsim", "demo", ROWS[row], "", seed, f"{image}.png", "dice", value, "", ROWS[row])
        for (row, seed, image), value in np.ndenumerate(grid)
    ]
    return pd.DataFrame(lines, columns=COLUMNS)


class Scored(Results):
    """Results of which only the scores matter: every row ended well."""

    def __init__(self, scores):
        self.__dict__ |= {"scores": scores, "rows": list(rows()), "measures": {"dice": DICE}, "clusters": {}}

    def status_text(self, row):
        return "done"

    def notes(self, row):
        return []


@cache
def rows():
    return tuple(MethodRow(name, name, (SimpleNamespace(),), None, False) for name in ROWS)


def expected(values):
    """The rule of the summary, written once more by hand: (seeds, images) to (kept images' seed means, counts)."""
    kept = [image for image in range(values.shape[1]) if all(np.isfinite(values[:, image]))]
    return {image: sum(values[:, image]) / len(values) for image in kept}


number = st.one_of(st.floats(0.1, 0.9), st.just(np.nan), st.just(np.inf))


@st.composite
def grids_of_scores(draw):
    seeds, images = draw(st.integers(1, 3)), draw(st.integers(1, 8))
    size = len(ROWS) * seeds * images
    return np.array(draw(st.lists(number, min_size=size, max_size=size))).reshape(len(ROWS), seeds, images)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(grids_of_scores())
def test_every_consumer_shows_the_same_mean(tmp_path_factory, grid):
    scores = tidy(grid)
    results = Scored(scores)
    table = table_from_json(table_to_json(make_measure_table(results, "table2_segmentation", "T", rows(), [DICE])))
    delta = compare_with_paper(scores, load_paper(), audit_paper().verdicts)
    audited = audit_own_scores(scores).set_index("method") if np.isfinite(grid).any() else pd.DataFrame()
    ours = OurResults(_Shelf(table))
    for index, row in enumerate(ROWS):
        kept = expected(grid[index])
        mean = np.mean(list(kept.values())) if kept else np.nan
        cell, facts = find_cell(table, row, "dice"), results.summary(row, "dice")
        assert [cell.mean, facts.mean] == pytest.approx([mean, mean], nan_ok=True)
        assert (cell.n, cell.missing) == (len(kept), grid.shape[2] - len(kept))
        assert cell.sd_images == pytest.approx(facts.sd_images, nan_ok=True)
        assert average_by_image(results.values(row, DICE.name)).to_dict() == pytest.approx(
            {f"{i}.png": kept[i] for i in kept}
        )
        assert find_mean_pair(results, row, DICE, DICE) == (pytest.approx((mean, mean)) if kept else None)
        assert collect_means(results.summaries).get(row, {}) == (pytest.approx({"dice": mean}) if kept else {})
        line = delta[(delta["row"] == row) & (delta["table"] == "table2_segmentation") & (delta["metric"] == "Dice")]
        assert line["ours"].item() == pytest.approx(mean, nan_ok=True)
        assert line["ours_n"].item() == len(kept)
        assert (row in audited.index) == bool(kept)
        if kept:
            assert audited.loc[row, "mean"] == pytest.approx(mean)
        entry = ours.find_mean("table2_segmentation", "dice", {"identity": "Origin", "dcp": "DCP"}.get(row, "SSP-Net"))
        assert (entry is None) == (not kept)
        assert entry is None or entry.mean == pytest.approx(mean)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(grids_of_scores())
def test_tests_and_ranks_start_from_the_same_images(grid):
    scores = tidy(grid)
    kept = [expected(values) for values in grid]
    for line in compare_with_references(scores, ["identity"], {"dice": "higher"}).itertuples(index=False):
        row = kept[ROWS.index(line.row)]
        both = sorted(set(row) & set(kept[0]))
        assert line.n == len(both)
        assert line.difference == pytest.approx(np.mean([row[i] - kept[0][i] for i in both]))
    ranks = compute_mean_ranks(scores, {"dice": "higher"})
    everywhere = set.intersection(*(set(row) for row in kept))
    assert set(ranks["n"]) <= {len(everywhere)}
    assert len(ranks) == (len(ROWS) if everywhere else 0)


class _Shelf(TableStore):
    """A shelf with one table."""

    def __init__(self, table):
        super().__init__(Path("none"), load_paper())
        self._table = table

    def read_record(self, name):
        return self._table if name == self._table.key else None


def test_the_example_that_once_had_three_means():
    found = summarise(pd.DataFrame([[1.0, np.nan], [2.0, 3.0]]))
    assert (found.mean, found.n, found.missing, found.undefined, found.seeds) == (2.5, 1, 1, 1, 2)
    assert found.sd_values == pytest.approx(np.sqrt(0.5))


def test_the_measures_and_the_audit_agree_on_directions():
    """``Measure`` says how we score, ``table_audit.quantity`` what any paper's number is: they may not contradict.

    A measure that we do not rank contradicts nothing: papers print entropy as "higher is better", the truth does not.
    """
    from sspbench.plugins.metric_families import load_metric_families

    known = 0
    for family in load_metric_families().values():
        for measure in family.measures:
            quantity = find_quantity(measure.name)
            if quantity is not None:
                known += 1
                assert measure.better in (quantity.better, "none"), measure.name
                assert find_quantity(measure.label) in (quantity, None), measure.name
    assert known >= 12


def test_all_rows_pivoted_at_once_are_as_each_by_itself():
    random = np.random.default_rng(2)
    lines = [
        ("corn2", "demo", method, "", seed, image, metric, random.normal(), "")
        for metric in ("dice", "auc")
        for method in ("dcp", "msgnet")
        for seed in (3, 0)
        for image in ("b", "a", "c")
    ]
    columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
    scores = pd.DataFrame(lines, columns=columns).sample(frac=0.9, random_state=1)
    for (_, _, metric), rows in iter_grids(scores):
        for row, grid in rows.items():
            own = scores[(scores["metric"] == metric) & (scores["method"] == row)]
            pd.testing.assert_frame_equal(grid, own.pivot(index="image", columns="seed", values="value"))
    with pytest.raises(ValueError, match="two values"):
        list(iter_grids(pd.concat([scores, scores.head(1)])))
