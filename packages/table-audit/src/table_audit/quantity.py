"""The quantities that the rules know, with their ranges, directions and names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A quantity that a table can hold.

    Attributes:
        key: Its name in the rules, e.g. ``sensitivity``.
        label: Its short name in texts, e.g. ``SEN``.
        low: The smallest value of one image.
        high: The largest value of one image (may be infinite).
        better: The direction of the definition: ``higher`` or ``lower``.
        unit: Its unit; empty for none.
        aliases: Other names, in lower case without spaces, dashes and underscores.
    """

    key: str
    label: str
    low: float
    high: float
    better: str
    unit: str = ""
    aliases: tuple[str, ...] = ()


_QUANTITIES = (
    Quantity("auc", "AUC", 0, 1, "higher", aliases=("rocauc", "auroc")),
    Quantity("accuracy", "ACC", 0, 1, "higher"),
    Quantity("sensitivity", "SEN", 0, 1, "higher", aliases=("sens", "recall", "tpr")),
    Quantity("specificity", "SPE", 0, 1, "higher", aliases=("spec", "tnr")),
    Quantity("fdr", "FDR", 0, 1, "lower", aliases=("falsediscoveryrate",)),
    Quantity("precision", "PPV", 0, 1, "higher"),
    Quantity("npv", "NPV", 0, 1, "higher"),
    Quantity("dice", "Dice", 0, 1, "higher", aliases=("dsc",)),
    Quantity("f1", "F1", 0, 1, "higher", aliases=("fscore", "f1score")),
    Quantity("iou", "IoU", 0, 1, "higher", aliases=("jaccard",)),
    Quantity("gmean", "G-mean", 0, 1, "higher"),
    Quantity("kappa", "Kappa", -1, 1, "higher", aliases=("cohenkappa",)),
    Quantity("balanced_accuracy", "BACC", 0, 1, "higher"),
    Quantity("entropy", "Entropy", 0, 8, "higher", unit="bits", aliases=("entropybits",)),
    Quantity("avg_gradient", "AvG", 0, 255, "higher", aliases=("avg", "averagegradient", "avggradientforward")),
    Quantity("niqe", "NIQE", 0, math.inf, "lower"),
    Quantity("piqe", "PIQE", 0, 100, "lower"),
    Quantity("ssim", "SSIM", -1, 1, "higher"),
    Quantity("psnr", "PSNR", 0, math.inf, "higher", unit="dB"),
    Quantity("mse", "MSE", 0, 255**2, "lower"),
)

# Every quantity by its key.
QUANTITIES = {quantity.key: quantity for quantity in _QUANTITIES}


def find_quantity(name: str) -> Quantity | None:
    """Find a quantity by its key, label or alias; case, spaces, dashes and underscores do not matter.

    >>> find_quantity("G-Mean").key, find_quantity("tortuosity")
    ('gmean', None)
    """
    wanted = _normalise_name(name)
    for quantity in _QUANTITIES:
        if wanted in (_normalise_name(quantity.key), _normalise_name(quantity.label), *quantity.aliases):
            return quantity
    return None


def _normalise_name(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()
