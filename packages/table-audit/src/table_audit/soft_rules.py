"""The soft rules S1-S5, S7 and S8: patterns that consistent tables rarely show; at most "inconsistent".

They use first-order approximations or typical behaviour, so a hit is a hint, not a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from . import prevalence
from .image_measures import Flags, Floats
from .printed_table import PrintedTable
from .relation import Relation, Values, evaluate_relation, is_applicable


@dataclass(frozen=True)
class Hint:
    """A soft finding.

    Attributes:
        rule: S1 .. S8.
        verdict: ``inconsistent``, ``suspicious`` or ``note`` (the cell stays ok).
        method: Index of the method.
        quantity: The cell concerned.
        text: The observation, with numbers.
        cells: Quantities involved.
        margin: Distance in units of the cell, NaN where it is undefined.
    """

    rule: str
    verdict: str
    method: int
    quantity: str
    text: str
    cells: tuple[str, ...]
    margin: float = float("nan")


def check_soft_rules(table: PrintedTable) -> list[Hint]:
    """Run all soft rules."""
    return [hint for rule in RULES for hint in rule(table)]


def _percent(values: Floats) -> str:
    return ", ".join(f"{100 * value:.1f}" for value in values)


def implied_prevalence(table: PrintedTable) -> Iterator[Hint]:
    """S1: three of ACC, SEN, SPE, Dice imply the prevalence; all triples, and all methods, must imply the same."""
    found = prevalence.estimate_prevalences(table)
    if not found:
        return
    yield from _find_disagreeing_triples(table, found)
    if table.same_labels and len(table.methods) >= 3:
        yield from _find_odd_row(table, found)


def _find_disagreeing_triples(table: PrintedTable, found: dict[str, Floats]) -> Iterator[Hint]:
    triples = np.stack([found[key] for key in ("dice", "accuracy", "specificity")])
    for method in range(len(table.methods)):
        a, b, c = triples[:, method]
        middle = float(np.median([a, b, c]))
        bad = [x for x in (a, b, c) if not 0 <= x <= 1 or abs(x - middle) > 0.5 * middle]
        if np.isfinite(middle) and bad:
            text = (
                f"implied share of positive pixels: {100 * a:.1f} % from ACC, SEN, SPE; "
                f"{100 * b:.1f} % from Dice, SEN, SPE; {100 * c:.1f} % from ACC, Dice, SEN"
            )
            yield Hint("S1", "inconsistent", method, "specificity", text, prevalence.QUARTET)


def _find_odd_row(table: PrintedTable, found: dict[str, Floats]) -> Iterator[Hint]:
    """Blame the row without which all methods imply nearly one prevalence, if the other triples are far from it."""
    spreads = {key: prevalence.variation_over_methods(values) for key, values in found.items()}
    odd = min(spreads, key=lambda key: spreads[key])
    others = sorted(value for key, value in spreads.items() if key != odd)
    if not (spreads[odd] <= 0.25 and others[1] >= 3 * spreads[odd]):
        return
    rest = [key for key in prevalence.QUARTET if key != odd]
    consensus = found[odd]
    for method in range(len(table.methods)):
        off = max(abs(found[key][method] / consensus[method] - 1) for key in rest)
        if off > max(0.2, spreads[odd]):
            text = (
                f"without this row all methods imply nearly one share of positive pixels ({_percent(consensus)} %), "
                f"as one set of labels must; with it {100 * off:.0f} % off"
            )
            margin = float("nan")
            if odd == "specificity":
                margin = float(abs(prevalence.estimate_specificity(table)[method] - table.rows[odd].mean[method]))
                text += f"; implied SPE {prevalence.estimate_specificity(table)[method]:.4f}"
            yield Hint("S1", "inconsistent", method, odd, text, prevalence.QUARTET, margin)


def _kappa_floor(v: Values) -> Floats:
    half = np.clip((1 - v.m["accuracy"]) / (1 - v.m["dice"]) / 2, 0, 0.999)
    return (v.m["dice"] - half) / (1 - half)


def kappa_floor(table: PrintedTable) -> Iterator[Hint]:
    """S2: Kappa >= (D - s/2)/(1 - s/2) with s = (1 - ACC)/(1 - Dice), at the means; tolerance half an sd of Kappa."""
    text = "Kappa ≥ (Dice − s/2)/(1 − s/2), s = (1−ACC)/(1−Dice)"
    cells = ("kappa", "dice", "accuracy")
    relation = Relation("S2", "kappa", text, "≥", _kappa_floor, cells, verdict="inconsistent")
    for hint in _hints_from_relation(table, relation):
        if hint.margin > 0.5 * np.nan_to_num(table.rows["kappa"].sd()[hint.method], nan=0.02):
            yield hint


def below_binary(table: PrintedTable) -> Iterator[Hint]:
    """S4: an AUC below that of the binary mask itself, (SEN + SPE)/2, needs a badly non-concave ROC."""
    cells = ("auc", "sensitivity", "specificity")
    relation = Relation(
        "S4", "auc", "AUC ≥ (SEN + SPE)/2, the AUC of the mask itself", "≥",
        lambda v: (v.m["sensitivity"] + v.m["specificity"]) / 2, cells, same_map=True, verdict="suspicious",
    )  # fmt: skip
    yield from _hints_from_relation(table, relation)


def _hints_from_relation(table: PrintedTable, relation: Relation) -> Iterator[Hint]:
    if not is_applicable(relation, table):
        return
    result = evaluate_relation(relation, table)
    for method in np.flatnonzero(result.violated):
        text = f"{relation.text} = {result.bound[method]:.4f}, printed {result.left[method]:.4f}"
        margin = float(result.margin[method])
        yield Hint(relation.rule, relation.verdict, int(method), relation.accused, text, relation.cells, margin)


def dominance(table: PrintedTable) -> Iterator[Hint]:
    """S3: a method with higher SEN and SPE must not have a lower G-mean, balanced accuracy or (same labels) ACC.

    Differences count from 0.002 on. G-mean falls with its spread: mean² + sd² = E[SEN·SPE] must be lower as well.
    """
    if not {"sensitivity", "specificity"} <= set(table.rows):
        return
    better = _clearly_less(table, "sensitivity").T & _clearly_less(table, "specificity").T
    for key in ("gmean", "balanced_accuracy", "accuracy"):
        if key not in table.rows or (key == "accuracy" and not table.same_labels):
            continue
        row = table.rows[key]
        worse = _clearly_less(table, key)
        if key == "gmean":
            square = row.mean**2 + np.nan_to_num(row.sd()) ** 2
            worse &= square[:, None] < square[None, :]
        for first, second in np.argwhere(better & worse):
            text = (
                f"{table.methods[first]} beats {table.methods[second]} in SEN and SPE but has {row.quantity.label} "
                f"{row.mean[first]:.4f} < {row.mean[second]:.4f}"
            )
            margin = float(row.mean[second] - row.mean[first])
            for method in (first, second):
                yield Hint("S3", "inconsistent", int(method), key, text, (key, "sensitivity", "specificity"), margin)


def _clearly_less(table: PrintedTable, key: str) -> Flags:
    """Return (M, M) bool: whether method i prints less than method j, beyond rounding and by 0.002 or more."""
    row = table.rows[key]
    return (row.mean + row.half + 0.002)[:, None] <= (row.mean - row.half)[None, :]


def spread_patterns(table: PrintedTable) -> Iterator[Hint]:
    """S5: Dice and Kappa follow SEN; small sds that hardly change over methods while large sds of SEN do are odd."""
    for key in ("dice", "kappa"):
        if key in table.rows and "sensitivity" in table.rows:
            yield from _constant_spread(table, key)
    for key, row in table.rows.items():
        for method in np.flatnonzero(row.mean + row.sd() > row.quantity.high):
            text = (
                f"mean + sd = {row.mean[method] + row.sd()[method]:.4f} is above {row.quantity.high:g}: skewed values"
            )
            yield Hint("S5", "note", int(method), key, text, (key,))


def _constant_spread(table: PrintedTable, key: str) -> Iterator[Hint]:
    sds, driver = table.rows[key].sd(), table.rows["sensitivity"].sd()
    if len(sds) < 4 or not np.isfinite([*sds, *driver]).all() or driver.min() <= 0 or sds.min() <= 0:
        return
    near = np.abs(sds / np.median(sds) - 1) <= 0.1
    if near.sum() < max(4, 0.7 * len(sds)):
        return
    if driver[near].max() >= 2 * driver[near].min() and driver[near].min() >= 2 * sds[near].max():
        for method in np.flatnonzero(near):
            text = (
                f"sd within {sds[near].min():.4f} .. {sds[near].max():.4f} for {near.sum()} methods "
                f"while sd(SEN) runs {driver[near].min():.4f} .. {driver[near].max():.4f}"
            )
            yield Hint("S5", "suspicious", int(method), key, text, (key, "sensitivity"))


def entropy_against_gradient(table: PrintedTable) -> Iterator[Hint]:
    """S7: an AvG near that of white noise of the same entropy, where the other methods are far from it.

    A Gaussian histogram of H bits has the sd ``sqrt(2^(2H)/(2 pi e) - 1/12)``; white noise has AvG of about
    1.2 sd, clipped images reach 0.6.
    """
    if not {"entropy", "avg_gradient"} <= set(table.rows) or len(table.methods) < 3:
        return
    entropy = table.rows["entropy"]
    bits = entropy.mean if entropy.quantity.unit == "bits" else entropy.mean / np.log(2)
    ratio = table.rows["avg_gradient"].mean / np.sqrt(np.maximum(4.0**bits / (2 * np.pi * np.e) - 1 / 12, 1e-9))
    for method in np.flatnonzero((ratio > 0.7) & (ratio > 1.5 * np.nanmedian(ratio))):
        text = f"AvG is {ratio[method]:.2f} grey-level sds of this entropy (median {np.nanmedian(ratio):.2f})"
        nats = bits[method] / np.log(2)
        if entropy.quantity.unit == "bits" and nats <= 8:
            text += f"; read as nats it would be {nats:.2f} bits"
        yield Hint("S7", "suspicious", int(method), "entropy", text, ("entropy", "avg_gradient"))


def worse_than_input(table: PrintedTable) -> Iterator[Hint]:
    """S8: an enhancer clearly worse than its own input in two or more no-reference measures (|z| > 3)."""
    if table.baseline is None:
        return
    base = table.methods.index(table.baseline)
    rows = [row for key, row in table.rows.items() if key in ("entropy", "avg_gradient", "niqe", "piqe")]
    for method in range(len(table.methods)):
        worse = []
        for row in rows:
            gain = row.mean[method] - row.mean[base]
            error = np.sqrt((row.sd()[method] ** 2 + row.sd()[base] ** 2) / row.n[method])
            if gain * (1 if row.quantity.better == "higher" else -1) < -3 * error:
                worse.append(row)
        for row in worse if len(worse) >= 2 else ():
            text = f"worse than the untouched input: {row.mean[method]:.4f} against {row.mean[base]:.4f}"
            yield Hint("S8", "suspicious", method, row.quantity.key, text, (row.quantity.key,))


# All soft rules.
RULES: tuple[Callable[[PrintedTable], Iterator[Hint]], ...] = (
    implied_prevalence,
    kappa_floor,
    dominance,
    below_binary,
    spread_patterns,
    entropy_against_gradient,
    worse_than_input,
)
