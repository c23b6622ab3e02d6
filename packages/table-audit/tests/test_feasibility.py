"""The judge behind "impossible": its proofs hold on every image, and real sets of images are never sentenced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from table_audit.cell_verdicts import audit
from table_audit.certificate import Certificate, largest_average, measure_images, prove, read_moments, weighted_sum
from table_audit.example import build_example, recompute_cells
from table_audit.feasibility import Mixture, decide_feasibility
from table_audit.image_measures import POINTWISE
from table_audit.metric_lines import metric_lines
from table_audit.parametrisations import OverlapParametrisation, RatesParametrisation
from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import QUANTITIES
from table_audit.table_file import load_published

COUNTEREXAMPLE = Path(__file__).parent / "data" / "counterexample-acc.csv"
"""Share of nerve, SEN and SPE of 60 images whose ACC, SEN and SPE print as SSP-Net's in Table 2."""
SSP = 5


@pytest.fixture(scope="module")
def table2():
    path = Path(__file__).resolve().parents[3] / "report" / "published" / "ssp-net.yaml"
    if not path.is_file():
        pytest.skip("the tables of SSP-Net lie in the benchmark suite")
    return load_published(path).tables["table2_segmentation"]


def columns(images, keys, decimals=4, ddof=1, cap=1.0):
    """Print one method from images (3, n)."""
    values = {key: POINTWISE[key](*images) for key in keys}
    half = np.full(1, 0.5 * 10.0**-decimals)
    rows = {
        key: PrintedRow(QUANTITIES[key], np.array([each.mean()]).round(decimals), half,
                        np.array([each.std(ddof=ddof)]).round(decimals), half, np.array([float(len(each))]))
        for key, each in values.items()
    }  # fmt: skip
    return PrintedTable("printed", ("one",), rows, np.zeros(1), np.full(1, cap))


def test_the_counterexample_prints_as_published_and_is_not_called_impossible(table2):
    images = np.loadtxt(COUNTEREXAMPLE, delimiter=",").T
    table = columns(images, ("accuracy", "sensitivity", "specificity"), cap=0.15)
    for key, row in table.rows.items():
        assert row.mean[0] == pytest.approx(table2.rows[key].mean[SSP], abs=1e-9)
        assert row.spread[0] == pytest.approx(table2.rows[key].spread[SSP], abs=1e-9)
    cells = {cell.quantity: cell for cell in audit(table).cells}
    assert cells["accuracy"].verdict == "conditional"
    assert "impossible if no image exceeds 15 %" in cells["accuracy"].reason
    assert "impossible" not in {cell.verdict for cell in cells.values()}
    free = replace(table, prevalence_high=np.ones(1))
    assert {cell.verdict for cell in audit(free).cells} == {"ok"}


def test_a_set_of_images_is_shown_where_one_is_possible(table2):
    keys = ("accuracy", "sensitivity", "specificity")
    mixture = decide_feasibility(read_moments(table2, SSP, keys))
    assert isinstance(mixture, Mixture)
    found = build_example(table2, SSP, keys, mixture)
    assert found.images.shape == (4, 60)
    assert ((found.images >= 0) & (found.images <= 1)).all()
    means, sds = recompute_cells(keys, found.images, found.ddof)
    for key, mean, sd in zip(keys, means, sds, strict=True):
        assert round(mean, 4) == table2.rows[key].mean[SSP]
        assert round(sd, 4) == table2.rows[key].spread[SSP]


@pytest.mark.parametrize("chart", [RatesParametrisation(), OverlapParametrisation()], ids=["rates", "overlap"])
def test_no_measure_leaves_its_range(chart):
    rng = np.random.default_rng(0)
    low = rng.random((3, 3000)) * rng.choice([0.0, 0.9, 0.9], (3, 3000))
    high = np.minimum(low + 0.3 * rng.random((3, 3000)), 1.0)
    high[:, :500] = np.where(rng.random((3, 500)) < 0.4, 1.0, high[:, :500])
    if isinstance(chart, OverlapParametrisation):
        low[0], high[0] = 2 * low[0], 2 * high[0]
    for key in POINTWISE:
        below, above = chart.enclose(key, low, high)
        for _ in range(20):
            points = low + rng.random(low.shape) * (high - low)
            size, dice, balance = points
            share = size * (dice / 2 + balance * (1 - dice))
            real = slice(None)
            if isinstance(chart, OverlapParametrisation):
                real = (1 - size + size * dice / 2 >= 0) & (share > 0) & (share < 1)
            values = POINTWISE[key](*chart.to_images(points, (0.0, 1.0)))
            assert (values >= below[real] - 1e-9).all() and (values <= above[real] + 1e-9).all(), key
            assert chart.may_hold_images(low, high, (0.0, 1.0))[real].all()


GROUPS = [
    *((("kappa", "dice", "accuracy"), method) for method in (0, 2, 5)),
    *((("specificity", "sensitivity", "accuracy", "dice"), method) for method in range(6)),
    (("gmean", "sensitivity", "specificity"), 3),
    (("auc", "sensitivity", "specificity"), 5),
    (("fdr", "dice"), 5),
]


@pytest.mark.parametrize(("keys", "method"), GROUPS)
def test_a_certificate_holds_on_images_of_all_kinds(table2, keys, method):
    proof = decide_feasibility(read_moments(table2, method, keys))
    assert isinstance(proof, Certificate)
    assert proof.floor > proof.allowed == largest_average(proof.moments, proof.linear, proof.square)
    rng = np.random.default_rng(1)
    images = rng.random((4, 200_000))
    images[0] **= rng.choice([1, 4], 200_000)
    images[2] = 1 - images[2] ** rng.choice([1, 3], 200_000)
    assert weighted_sum(proof.moments, proof.linear, proof.square, images).min() > proof.floor
    # Over images that print like this the same sum could not exceed ``allowed``: redo it from the cells alone.
    most = sum(
        abs(proof.linear[m.key]) * m.half + max(proof.square[m.key] * m.square_high, proof.square[m.key] * m.square_low)
        for m in proof.moments
    )
    assert most == pytest.approx(proof.allowed)


def test_a_wrong_weighting_is_refuted_by_an_image(table2):
    moments = read_moments(table2, SSP, ("accuracy", "sensitivity", "specificity"))
    ones, nothing = (dict.fromkeys([moment.key for moment in moments], value) for value in (1.0, 0.0))
    images = prove(moments, ones, nothing, (0.0, 1.0))
    assert not isinstance(images, Certificate)
    assert (weighted_sum(moments, ones, nothing, images) <= largest_average(moments, ones, nothing) + 1e-6).all()


@pytest.mark.parametrize("seed", range(8))
def test_real_sets_of_images_are_never_sentenced(seed):
    rng = np.random.default_rng(seed)
    spread = rng.uniform(2, 40)
    images = np.stack([
        rng.uniform(0.01, rng.choice([0.1, 0.9]), 60), rng.beta(0.7 * spread, 0.3 * spread, 60), rng.beta(30, 2, 60)
    ])  # fmt: skip
    keys = ("accuracy", "sensitivity", "specificity", "dice", "kappa", "gmean", "fdr")
    table = columns(images, keys, ddof=seed % 2)
    assert "impossible" not in {cell.verdict for cell in audit(table).cells}
    assert not isinstance(decide_feasibility(read_moments(table, 0, keys)), Certificate)


def test_readings_that_the_sds_exclude_are_not_offered(table2):
    cells = {(cell.quantity, cell.method): cell for cell in audit(table2).cells}
    for method in ("Origin", "MSG-Net"):
        assert "precision" not in " ".join(cells["fdr", method].readings)
    assert "positive pixels" not in " ".join(cells["kappa", "SSP-Net"].readings)


def test_every_impossible_cell_has_a_certificate_and_a_line(table2):
    found = audit(table2)
    lines = {(line.metric, line.method): line for line in metric_lines([found])}
    for cell in found.cells:
        if cell.verdict in ("impossible", "conditional"):
            assert "at least" in cell.findings[0].certificate and "averages at most" in cell.findings[0].certificate
            assert (cell.metric, cell.method) in lines
    fdr = lines["FDR", "SSP-Net"]
    assert (fdr.bounded, fdr.side, round(fdr.bound, 3)) == ("Dice", "≤", 0.040)
    assert (round(fdr.fits_low, 3), round(fdr.fits_high, 3)) == (0.196, 0.269)
    assert lines["ACC", "SSP-Net"].condition == "no image exceeds 15 % positive pixels"
    for line in lines.values():
        assert not line.fits_low <= line.printed <= line.fits_high or "with its ±" in str(line)


def test_auc_of_an_image_lies_where_its_rates_allow():
    images = np.array([[0.1, 0.1], [0.6, 0.6], [0.9, 0.9], [0.0, 1.0]])
    assert measure_images("auc", images) == pytest.approx([0.54, 0.96])
