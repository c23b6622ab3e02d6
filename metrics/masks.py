"""Agreement of mask and label, pixel by pixel, and the ROC area of the probability map."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from sspbench import Direction, Measure, MetricFamily, Scores, ScoringBatch, TableName, dice_by_level

from .input_check import make_notes_where

NO_LABEL = "the label is empty"
ALL_LABEL = "the label has no background"
NO_MASK = "nothing was segmented"
NO_MAP = "there is no probability map"
NO_THRESHOLD = "no threshold was chosen: the segmenter kept no labelled training image back"

PROBABILITY_LEVELS = 256
CURVE_PERCENTS = {f"dice_at_{percent}": percent for percent in range(10, 100, 10)}
"""Points of the curve of Dice over thresholds: % of the probability, by measure."""


@dataclass(frozen=True)
class Confusion:
    """Pixel counts of true and false positives and negatives, (N,) int64 each."""

    tp: np.ndarray
    fp: np.ndarray
    fn: np.ndarray
    tn: np.ndarray


def count_confusion(masks: Collection[np.ndarray], labels: Collection[np.ndarray]) -> Confusion:
    """Count the agreement of N bool masks with N bool labels, each of the shape of its mask."""
    both = [mask & label for mask, label in zip(masks, labels, strict=True)]
    predicted, true, tp = (
        np.array([np.count_nonzero(one) for one in stack], np.int64) for stack in (masks, labels, both)
    )
    pixels = np.array([mask.size for mask in masks], np.int64)
    return Confusion(tp, predicted - tp, true - tp, pixels - predicted - true + tp)


def roc_auc(probabilities: Collection[np.ndarray], labels: Collection[np.ndarray]) -> np.ndarray:
    """Compute the exact area under the ROC curve of 8-bit probability maps, ties counted half.

    The 256 levels are counted among foreground and background pixels; the sum is done in whole numbers.

    Args:
        probabilities: N maps, uint8.
        labels: N labels of their shape, bool.

    Returns:
        (N,) float64; NaN where a label has one class only.

    >>> labels = np.array([[[False, False, True, True]]])
    >>> float(roc_auc(np.array([[[10, 40, 35, 80]]], np.uint8), labels)[0])
    0.75
    """
    return np.array([_roc_area(*pair) for pair in zip(probabilities, labels, strict=True)])


def _roc_area(probability: np.ndarray, label: np.ndarray) -> float:
    foreground = np.bincount(probability[label], minlength=PROBABILITY_LEVELS)
    background = np.bincount(probability.ravel(), minlength=PROBABILITY_LEVELS) - foreground
    positives, negatives = int(foreground.sum()), int(background.sum())
    if positives == 0 or negatives == 0:
        return np.nan
    twice_below = 2 * np.cumsum(background) - background
    return int(foreground @ twice_below) / (2 * positives * negatives)


def average_precision(probabilities: Collection[np.ndarray], labels: Collection[np.ndarray]) -> np.ndarray:
    """Compute the area under the precision-recall curve of 8-bit probability maps as a sum of steps.

    ``AP = sum_t (recall_t - recall_(t-1)) precision_t`` over the levels from the highest to the lowest, all pixels of a
    level at once; values are not interpolated.

    Args:
        probabilities: N maps, uint8.
        labels: N labels of their shape, bool.

    Returns:
        (N,) float64; NaN where the label is empty.

    >>> labels = np.array([[[False, False, True, True]]])
    >>> round(float(average_precision(np.array([[[10, 40, 35, 80]]], np.uint8), labels)[0]), 4)
    0.8333
    """
    return np.array([_sum_precision_steps(*pair) for pair in zip(probabilities, labels, strict=True)])


def _sum_precision_steps(probability: np.ndarray, label: np.ndarray) -> float:
    foreground = np.bincount(probability[label], minlength=PROBABILITY_LEVELS)[::-1]
    everything = np.bincount(probability.ravel(), minlength=PROBABILITY_LEVELS)[::-1]
    if foreground.sum() == 0:
        return np.nan
    seen = np.cumsum(everything)
    precision = np.divide(np.cumsum(foreground), seen, out=np.zeros(PROBABILITY_LEVELS), where=seen > 0)
    return float(foreground @ precision / foreground.sum())


def _divide_or_nan(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)


def compute_agreement(counts: Confusion) -> dict[str, np.ndarray]:
    """Compute the thresholded measures from pixel counts.

    Returns:
        (N,) float64 by name: acc, sen, spe, fdr, ppv, dice, gmean, kappa; NaN where undefined, except that Dice of
        two empty masks is 1 (Metrics Reloaded).
    """
    tp, fp, fn, tn = (x.astype(np.float64) for x in (counts.tp, counts.fp, counts.fn, counts.tn))
    sensitivity, specificity = _divide_or_nan(tp, tp + fn), _divide_or_nan(tn, tn + fp)
    overlap = 2 * tp + fp + fn
    chance = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    return {
        "acc": _divide_or_nan(tp + tn, tp + fp + fn + tn),
        "sen": sensitivity,
        "spe": specificity,
        "fdr": _divide_or_nan(fp, tp + fp),
        "ppv": _divide_or_nan(tp, tp + fp),
        "dice": np.where(overlap == 0, 1.0, _divide_or_nan(2 * tp, overlap)),
        "gmean": np.sqrt(sensitivity * specificity),
        # (po - pe) / (1 - pe), multiplied out so that nothing cancels.
        "kappa": _divide_or_nan(2 * (tp * tn - fp * fn), chance),
    }


def _measure(name: str, label: str, better: Direction, description: str, table: TableName = "segmentation") -> Measure:
    return Measure(name, label, better, description=description, table=table)


class Masks(MetricFamily):
    """The paper's eight segmentation measures, in its order, and what does not hang on one threshold."""

    needs: ClassVar[frozenset[str]] = frozenset({"mask", "label"})
    measures: tuple[Measure, ...] = (
        _measure("auc", "AUC", "higher", "Area under the ROC curve of the 8-bit probability map, exact with ties."),
        _measure("acc", "ACC", "higher", "(TP + TN) / all pixels, no tolerance."),
        _measure("sen", "SEN", "higher", "TP / (TP + FN), no tolerance."),
        _measure("spe", "SPE", "higher", "TN / (TN + FP), no tolerance."),
        _measure("fdr", "FDR", "lower", "FP / (FP + TP), no tolerance; lower is better."),
        _measure("dice", "Dice", "higher", "2 TP / (2 TP + FP + FN); 1 when mask and label are both empty."),
        _measure("gmean", "G-mean", "higher", "sqrt(SEN SPE)."),
        _measure("kappa", "Kappa", "higher", "Cohen's kappa of mask and label."),
        _measure("dice_chosen", "Dice, chosen", "higher", "Dice at the threshold chosen on held-out training images."),
        _measure("average_precision", "AP", "higher", "Average precision of the 8-bit probability map, ties at once."),
        _measure("ppv", "PPV", "higher", "TP / (TP + FP) = 1 - FDR.", table="extra"),
        *(
            _measure(name, f"Dice at {percent} %", "higher", f"Dice of the map above {percent} %.", table="curve")
            for name, percent in CURVE_PERCENTS.items()
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the masks inside the field of view; a value that does not exist is NaN with the reason, never 0."""
        counts = count_confusion(batch.inside(batch.require("mask")), batch.inside(batch.require("label")))
        empty_label, full_label = counts.tp + counts.fn == 0, counts.tn + counts.fp == 0
        empty_mask = counts.tp + counts.fp == 0
        empty_notes, no_background = make_notes_where(empty_label, NO_LABEL), make_notes_where(full_label, ALL_LABEL)
        one_class = tuple(first or second for first, second in zip(empty_notes, no_background, strict=True))
        same = "mask and label are both empty or both full"
        notes = {
            "sen": empty_notes,
            "spe": no_background,
            "fdr": make_notes_where(empty_mask, NO_MASK),
            "ppv": make_notes_where(empty_mask, NO_MASK),
            "gmean": one_class,
        }
        values = compute_agreement(counts)
        notes["kappa"] = make_notes_where(np.isnan(values["kappa"]), same)
        scores = {name: Scores(value, notes.get(name, ())) for name, value in values.items()}
        return scores | _map_scores(batch, empty_notes, one_class)


def _map_scores(batch: ScoringBatch, empty_notes: tuple[str, ...], one_class: tuple[str, ...]) -> dict[str, Scores]:
    """Score the probability maps: areas, and Dice at the chosen threshold and along the curve."""
    count = len(one_class)
    if batch.probability is None:
        missing = Scores(np.full(count, np.nan), (NO_MAP,) * count)
        return dict.fromkeys(("auc", "average_precision", "dice_chosen", *CURVE_PERCENTS), missing)
    label, probability = batch.inside(batch.require("label")), batch.inside(batch.probability)
    dice = np.array([dice_by_level(*pair) for pair in zip(probability, label, strict=True)])
    chosen = Scores(np.full(count, np.nan), (NO_THRESHOLD,) * count)
    if batch.threshold is not None:
        chosen = Scores(dice[:, batch.threshold])
    return {
        "auc": Scores(roc_auc(probability, label), one_class),
        "average_precision": Scores(average_precision(probability, label), empty_notes),
        "dice_chosen": chosen,
        **{name: Scores(dice[:, 255 * percent // 100]) for name, percent in CURVE_PERCENTS.items()},
    }
