"""The hard rules H1-H7: no means and sds over images, with one binary map per image, can violate them.

Notation: S, P = mean sensitivity, specificity; p = mean precision; D = mean Dice. Each rule holds image by image and is
carried to the means by linearity, Jensen's inequality or Cauchy-Schwarz, so it needs no assumption about how values
spread over images. ``|cov(SEN, SPE)| <= sd SEN * sd SPE`` brings in the printed sds where they are printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .image_measures import Floats
from .printed_table import PrintedRow, PrintedTable
from .relation import Formula, Relation, Values

SEN, SPE, ACC, AUC = "sensitivity", "specificity", "accuracy", "auc"
DICE, KAPPA, GMEAN, FDR, PPV = "dice", "kappa", "gmean", "fdr", "precision"


def _product(v: Values) -> Floats:
    return v.m[SEN] * v.m[SPE]


def _covariance(v: Values) -> Floats:
    return v.s[SEN] * v.s[SPE]


def _frechet_bound(v: Values) -> Floats:
    return np.maximum(v.m[SEN] + v.m[SPE] - 1.0, 0.0)


def list_range_rules(key: str, row: PrintedRow) -> list[Relation]:
    """H1 and the ranges of H7: the mean lies in the range of one image; Bhatia-Davis bounds the sd."""
    low, high = row.quantity.low, row.quantity.high
    label, unit = row.quantity.label, f" {row.quantity.unit}" if row.quantity.unit else ""
    rule = "H7" if key in ("entropy", "ssim", "psnr", "mse") else "H1"
    rules = [
        Relation(rule, key, f"{label} ≥ {low:g}{unit}", "≥", lambda v: np.full(v.low.shape, low), (key,), raw=True)
    ]
    if np.isfinite(high):
        text = f"{label} ≤ {high:.6g}{unit}"
        rules.append(Relation(rule, key, text, "≤", lambda v: np.full(v.low.shape, high), (key,), raw=True))
        rules.append(
            Relation(
                "H1",
                key,
                f"sd({label}) ≤ √((max − mean)(mean − min)) (Bhatia–Davis)",
                "≤",
                lambda v: np.sqrt(np.maximum((high - v.m[key]) * (v.m[key] - low), 0.0)),
                (key,),
                (key,),
                statistic=lambda v: v.s[key],
                name=f"sd({label})",
                repair="the ± is not a standard deviation over images, or the mean is wrong",
            )
        )
    return rules


_PAIRING = (
    "recompute AUC from the maps that were thresholded; check the order of images and labels and the positive class"
)


def list_auc_rules() -> list[Relation]:
    """H2: every monotone ROC through (1 - SPE, SEN) has SEN·SPE <= AUC <= 1 - (1 - SEN)(1 - SPE)."""
    common: dict[str, Any] = {"same_map": True, "repair": _PAIRING}
    return [
        Relation("H2", AUC, "AUC ≥ SEN + SPE − 1", "≥", lambda v: v.m[SEN] + v.m[SPE] - 1.0, (AUC, SEN, SPE), **common),
        Relation("H2", AUC, "AUC ≤ SEN + SPE", "≤", lambda v: v.m[SEN] + v.m[SPE], (AUC, SEN, SPE), **common),
        Relation(
            "H2", AUC, "AUC ≥ SEN·SPE − sd(SEN)·sd(SPE)", "≥",
            lambda v: _product(v) - _covariance(v), (AUC, SEN, SPE), (SEN, SPE), **common,
        ),
        Relation(
            "H2", AUC, "AUC ≤ 1 − (1−SEN)(1−SPE) + sd(SEN)·sd(SPE)", "≤",
            lambda v: 1.0 - (1.0 - v.m[SEN]) * (1.0 - v.m[SPE]) + _covariance(v), (AUC, SEN, SPE), (SEN, SPE), **common,
        ),
    ]  # fmt: skip


def _bound_excess(v: Values, sign: float) -> Floats:
    """Bound E[(sign (SEN - SPE))+] from the means and sds."""
    mu = sign * (v.m[SEN] - v.m[SPE])
    sd = v.s[SEN] + v.s[SPE]
    return (np.sqrt(mu**2 + sd**2) + mu) / 2.0


def list_accuracy_rules() -> list[Relation]:
    """H3: ACC of an image lies between its SEN and SPE, weighted by the prevalence."""

    def upper(v: Values) -> Floats:
        return v.m[SPE] + v.low * (v.m[SEN] - v.m[SPE]) + (v.high - v.low) * _bound_excess(v, 1.0)

    def lower(v: Values) -> Floats:
        return v.m[SPE] + v.low * (v.m[SEN] - v.m[SPE]) - (v.high - v.low) * _bound_excess(v, -1.0)

    def upper_means(v: Values) -> Floats:
        return v.m[SPE] + v.high * np.minimum(v.m[SEN], 1.0 - v.m[SPE])

    def lower_means(v: Values) -> Floats:
        return v.m[SPE] - v.high * np.minimum(v.m[SPE], 1.0 - v.m[SEN])

    cells, sds = (ACC, SEN, SPE), (SEN, SPE)
    more = "ACC ≤ SPE + (largest prevalence)·E[(SEN−SPE)⁺], the last from means and sds"
    less = "ACC ≥ SPE − (largest prevalence)·E[(SPE−SEN)⁺], the last from means and sds"
    repair = "ACC, SEN and SPE are not from the same masks and images"
    return [
        Relation("H3", ACC, "ACC ≤ SPE + (largest prevalence)·min(SEN, 1−SPE)", "≤", upper_means, cells, repair=repair),
        Relation("H3", ACC, "ACC ≥ SPE − (largest prevalence)·min(SPE, 1−SEN)", "≥", lower_means, cells, repair=repair),
        Relation("H3", ACC, more, "≤", upper, cells, sds, repair=repair),
        Relation("H3", ACC, less, "≥", lower, cells, sds, repair=repair),
    ]


def list_gmean_rules() -> list[Relation]:
    """H4: G-mean² = SEN·SPE image by image."""

    def second_moment(v: Values) -> Floats:
        return v.m[GMEAN] ** 2 + v.s[GMEAN] ** 2

    cells, sds = (GMEAN, SEN, SPE), (GMEAN, SEN, SPE)
    moment: dict[str, Any] = {
        "statistic": second_moment,
        "name": "mean² + sd² of G-mean",
        "slope": lambda v: 2.0 * v.m[GMEAN],
        "repair": "recompute G-mean = √(SEN·SPE) image by image, then average",
    }
    spread: dict[str, Any] = {"name": "sd(SEN)", "measured": SEN, "repair": "the sd of G-mean (or of SEN) is wrong"}
    return [
        Relation("H4", GMEAN, "G-mean ≤ √(SEN·SPE) (Cauchy–Schwarz)", "≤", lambda v: np.sqrt(_product(v)), cells,
                 repair=moment["repair"]),
        Relation("H4", GMEAN, "G-mean ≥ SEN + SPE − 1", "≥", lambda v: v.m[SEN] + v.m[SPE] - 1.0, cells,
                 repair=moment["repair"]),
        Relation("H4", GMEAN, "mean² + sd² of G-mean ≥ SEN·SPE − sd(SEN)·sd(SPE)", "≥",
                 lambda v: np.maximum(_product(v) - _covariance(v), _frechet_bound(v)), cells, sds, **moment),
        Relation("H4", GMEAN, "mean² + sd² of G-mean ≤ SEN·SPE + sd(SEN)·sd(SPE)", "≤",
                 lambda v: _product(v) + _covariance(v), cells, sds, **moment),
        Relation("H4", GMEAN, "sd(SEN) ≤ ((1 + G)·sd(G) + sd(SPE)) / SPE", "≤",
                 lambda v: ((1.0 + v.m[GMEAN]) * v.s[GMEAN] + v.s[SPE]) / v.m[SPE], (GMEAN, SPE), sds,
                 statistic=lambda v: v.s[SEN], **spread),
    ]  # fmt: skip


def list_overlap_rules() -> list[Relation]:
    """H5 without precision, and the identities of H6."""
    return [
        Relation("H5", DICE, "Dice ≤ 2·SEN/(1+SEN)", "≤", lambda v: 2 * v.m[SEN] / (1 + v.m[SEN]), (DICE, SEN)),
        Relation("H5", "iou", "IoU ≥ Dice/(2−Dice)", "≥", lambda v: v.m[DICE] / (2 - v.m[DICE]), ("iou", DICE)),
        Relation("H5", "iou", "IoU ≤ Dice", "≤", lambda v: v.m[DICE], ("iou", DICE)),
        Relation("H6", KAPPA, "Kappa ≤ Dice", "≤", lambda v: v.m[DICE], (KAPPA, DICE)),
        Relation(
            "H6", KAPPA, "Kappa ≥ Dice − (1−ACC)/(2(1−r)), r = 2c/(1+c), c = largest prevalence", "≥", _kappa_floor,
            (KAPPA, DICE, ACC), repair="recompute Kappa from the confusion counts that gave ACC and Dice",
        ),
        *_require_equal("f1", "F1 = Dice", lambda v: v.m[DICE], (DICE,)),
        *_require_equal("balanced_accuracy", "BACC = (SEN + SPE)/2", lambda v: (v.m[SEN] + v.m[SPE]) / 2, (SEN, SPE)),
        *_require_equal(FDR, "FDR = 1 − PPV", lambda v: 1 - v.m[PPV], (PPV,)),
        Relation(
            "H7", "psnr", "PSNR ≥ 10·log10(255²/MSE) (Jensen)", "≥",
            lambda v: 10 * np.log10(255.0**2 / v.m["mse"]), ("psnr", "mse"),
        ),
    ]  # fmt: skip


def _kappa_floor(v: Values) -> Floats:
    """Bound Kappa from below.

    Per image Kappa = (D - r)/(1 - r) with r the harmonic mean of true and predicted prevalence, so
    1 - Kappa = (1-D) + (1-D) r/(1-r). With r <= (1-ACC)/(2(1-D)) in the numerator and r <= 2c/(1+c) in the
    denominator the last term is at most (1-ACC)/(2(1-r_max)), which is linear: it survives averaging.
    """
    largest = 2.0 * v.high / (1.0 + v.high)
    return v.m[DICE] - np.where(largest < 1.0, (1.0 - v.m[ACC]) / (2.0 * np.maximum(1.0 - largest, 1e-12)), np.inf)


def _require_equal(accused: str, text: str, bound: Formula, means: tuple[str, ...]) -> list[Relation]:
    return [Relation("H6", accused, text, side, bound, (accused, *means)) for side in ("≥", "≤")]


def list_precision_rules(source: str) -> list[Relation]:
    """H5 with precision p, printed as such or as FDR = 1 - p."""

    def p(v: Values) -> Floats:
        return v.m[PPV] if source == PPV else 1.0 - v.m[FDR]

    def smaller(v: Values) -> Floats:
        sd = v.s[source] + v.s[SEN]
        return (p(v) + v.m[SEN] - np.sqrt((p(v) - v.m[SEN]) ** 2 + sd**2)) / 2.0

    symbol = "PPV" if source == PPV else "(1−FDR)"
    pair, triple = (source, DICE), (source, DICE, SEN)
    dice: dict[str, Any] = {
        "statistic": lambda v: v.m[DICE],
        "name": "Dice",
        "measured": DICE,
        "repair": f"recompute {symbol} from the masks that gave Dice, or name the definition that was used",
    }
    return [
        Relation("H5", source, f"Dice ≤ 2·{symbol}/(1+{symbol})", "≤", lambda v: 2 * p(v) / (1 + p(v)), pair, **dice),
        Relation("H5", source, f"Dice ≤ 2·{symbol}·SEN/({symbol}+SEN)", "≤",
                 lambda v: 2 * p(v) * v.m[SEN] / (p(v) + v.m[SEN]), triple, **dice),
        Relation("H5", source, f"Dice ≥ {symbol} + SEN − 1", "≥", lambda v: p(v) + v.m[SEN] - 1.0, triple, **dice),
        Relation("H5", source, f"Dice ≥ E min({symbol}, SEN), from means and sds", "≥", smaller, triple,
                 (source, SEN), **dice),
    ]  # fmt: skip


def list_hard_rules(table: PrintedTable) -> list[Relation]:
    """Return all hard rules that may apply to a table with these rows."""
    rules = [rule for key, row in table.rows.items() for rule in list_range_rules(key, row)]
    rules += list_auc_rules() + list_accuracy_rules() + list_gmean_rules() + list_overlap_rules()
    for source in (PPV, FDR):
        if source in table.rows:
            rules += list_precision_rules(source)
    return rules
