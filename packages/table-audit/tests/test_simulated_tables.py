"""The audit on tables that are consistent by construction, and on tables with one corrupted cell."""

from __future__ import annotations

import numpy as np
import pytest

from table_audit.cell_verdicts import audit
from table_audit.printed_table import PrintedRow, PrintedTable
from table_audit.quantity import QUANTITIES
from table_audit.violations import check_hard_rules

IMAGES = 60
HIGHEST_PREVALENCE = 0.12


def masks(sen, spe, prevalence):
    """All mask measures of images with the given SEN, SPE and prevalence (any shape)."""
    hit, false = prevalence * sen, (1 - prevalence) * (1 - spe)
    accuracy = hit + (1 - prevalence) * spe
    precision, predicted = hit / (hit + false), hit + false
    dice = 2 * hit / (prevalence + predicted)
    chance = prevalence * predicted + (1 - prevalence) * (1 - predicted)
    return {
        "accuracy": accuracy, "sensitivity": sen, "specificity": spe, "precision": precision, "fdr": 1 - precision,
        "dice": dice, "f1": dice, "iou": dice / (2 - dice), "gmean": np.sqrt(sen * spe),
        "kappa": (accuracy - chance) / (1 - chance), "balanced_accuracy": (sen + spe) / 2,
    }  # fmt: skip


def simulated(tables, rng, correlated=False):
    """Per-image measures, (tables, IMAGES) each: SEN and SPE of any mean and spread, AUC anywhere it can be."""
    centre, tight = rng.uniform(0.2, 0.95, (tables, 1)), rng.uniform(2, 60, (tables, 1))
    sen = np.clip(rng.beta(centre * tight, (1 - centre) * tight, (tables, IMAGES)), 1e-3, 1)
    spe = rng.beta(rng.uniform(10, 400, (tables, 1)), rng.uniform(1, 8, (tables, 1)), (tables, IMAGES))
    prevalence = rng.uniform(0.02, HIGHEST_PREVALENCE, (tables, IMAGES))
    if correlated:
        order = [1, -1][rng.integers(2)]
        sen, spe, prevalence = (
            np.sort(sen),
            np.sort(spe)[:, ::order],
            np.sort(prevalence)[:, :: [1, -1][rng.integers(2)]],
        )
    low, high = sen * spe, 1 - (1 - sen) * (1 - spe)
    return {**masks(sen, spe, prevalence), "auc": low + (high - low) * rng.uniform(0, 1, (tables, 1))}


def from_pixels(tables, rng, pixels=400):
    """Per-image measures from score maps: labels, scores, one threshold an image, the AUC by ranks (no ties)."""
    prevalence = rng.uniform(0.02, HIGHEST_PREVALENCE, (tables, IMAGES, 1))
    positive = np.maximum((prevalence * pixels).astype(int), 8)
    label = np.arange(pixels) < positive
    score = label * rng.uniform(0.3, 3, (tables, 1, 1)) + rng.normal(size=(tables, IMAGES, pixels))
    mask = score > rng.uniform(0.2, 1.2, (tables, IMAGES, 1))
    ranks = score.argsort(-1).argsort(-1) + 1
    count = label.sum(-1)
    auc = ((ranks * label).sum(-1) - count * (count + 1) / 2) / (count * (pixels - count))
    sen = np.maximum((mask & label).sum(-1) / count, 1e-9)
    spe = (~mask & ~label).sum(-1) / (pixels - count)
    return {**masks(sen, spe, count / pixels), "auc": auc}


def table_of(values, decimals=4, ddof=1):
    """Print per-image values, (tables, IMAGES), as one table with one method per simulated table."""
    size = len(next(iter(values.values())))
    half = np.full(size, 0.5 * 10.0**-decimals)
    rows = {
        key: PrintedRow(QUANTITIES[key], each.mean(1).round(decimals), half,
                 each.std(1, ddof=ddof).round(decimals), half, np.full(size, float(IMAGES)))
        for key, each in values.items()
    }  # fmt: skip
    caps = np.full(size, HIGHEST_PREVALENCE)
    return PrintedTable("simulated", tuple(f"t{i}" for i in range(size)), rows, np.zeros(size), caps)


def alarms(table):
    return [
        f"{result.relation.text}: {table.methods[i]}"
        for result in check_hard_rules(table)
        for i in np.flatnonzero(result.violated)
    ]


@pytest.mark.parametrize(("decimals", "ddof"), [(4, 1), (4, 0), (2, 1)])
def test_three_thousand_consistent_tables_raise_no_hard_alarm(decimals, ddof):
    values = simulated(2940, np.random.default_rng(7))
    pixels = from_pixels(60, np.random.default_rng(8))
    both = {key: np.concatenate([values[key], pixels[key]]) for key in values}
    table = table_of(both, decimals, ddof)
    assert len(table.methods) == 3000
    assert {rule.relation.rule for rule in check_hard_rules(table)} == {"H1", "H2", "H3", "H4", "H5", "H6"}
    assert alarms(table) == []


@pytest.mark.parametrize("seed", range(4))
def test_measures_that_go_together_raise_no_hard_alarm(seed):
    assert alarms(table_of(simulated(500, np.random.default_rng(seed), correlated=True))) == []


def test_every_simulated_rule_is_tested_everywhere():
    table = table_of(simulated(5, np.random.default_rng(0)))
    assert all(result.testable.all() for result in check_hard_rules(table))


def six_methods(rng):
    """Six segmentations of the same images, easy images easy for all: per-image measures by method."""
    prevalence, ease = rng.uniform(0.02, HIGHEST_PREVALENCE, IMAGES), rng.normal(size=IMAGES)

    def share(centre, slope):
        return 1 / (1 + np.exp(-(centre + slope * ease + rng.normal(0, 0.3, IMAGES))))

    for _ in range(6):
        sen, spe = share(rng.uniform(0.5, 2.5), rng.uniform(0.2, 0.8)), share(rng.normal(3.5, 0.3), 0.3)
        yield {**masks(sen, spe, prevalence), "auc": (1 + sen + spe + sen * spe) / 4}


def test_soft_rules_hardly_ever_blame_consistent_methods():
    rng = np.random.default_rng(0)
    verdicts = []
    for _ in range(50):
        values = list(six_methods(rng))
        together = {key: np.stack([each[key] for each in values]) for key in values[0]}
        verdicts += [cell.verdict for cell in audit(table_of(together)).cells]
    assert len(verdicts) == 50 * 6 * 12
    assert "impossible" not in verdicts
    assert (np.array(verdicts) != "ok").mean() < 0.005


def typical(rng):
    """One table like a good segmentation: eight printed metrics, moderate spreads."""
    sen = rng.beta(30, 7, (1, IMAGES))
    spe = rng.beta(300, 6, (1, IMAGES))
    values = masks(sen, spe, rng.uniform(0.03, 0.08, (1, IMAGES)))
    values["auc"] = (1 + sen * spe + sen + spe) / 4
    keep = ("auc", "accuracy", "sensitivity", "specificity", "fdr", "dice", "gmean", "kappa")
    return {key: values[key] for key in keep}


CORRUPTED = {
    "auc": lambda x: x - 0.4,
    "accuracy": lambda x: x - 0.2,
    "sensitivity": lambda x: x - 0.35,
    "specificity": lambda x: x - 0.3,
    "fdr": lambda x: 1 - x,
    "dice": lambda x: x - 0.3,
    "gmean": lambda x: x - 0.2,
    "kappa": lambda x: x - 0.25,
}


@pytest.mark.parametrize("key", CORRUPTED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_corrupted_cell_is_named(key, seed):
    table = table_of(typical(np.random.default_rng(seed)))
    before = audit(table)
    assert all(cell.verdict in ("ok", "suspicious", "inconsistent") for cell in before.cells)
    corrupted = table.with_mean(key, CORRUPTED[key](table.rows[key].mean).round(4))
    blamed = [cell for cell in audit(corrupted).cells if cell.verdict == "impossible"]
    assert [cell.quantity for cell in blamed] == [key]


def test_a_metric_in_percent_is_named():
    table = table_of(typical(np.random.default_rng(4)))
    corrupted = table.with_mean("dice", 100 * table.rows["dice"].mean)
    assert "dice" in {cell.quantity for cell in audit(corrupted).cells if cell.verdict == "impossible"}
