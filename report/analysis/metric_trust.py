"""Which measures can be trusted: where each ranks the clean image, and whether it orders rows as the truth does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sspbench.contract import Measure
from sspbench.plugins.metric_families import load_metric_families
from table_audit.quantity import find_quantity

from .numbers import NAN
from .paper import CLEAN_ROW, ORACLE_GROUP
from .results import Results

# Measures that use the truth, and their names for people.
TRUTH_LABELS = {"ssim": "SSIM to the clean image", "psnr": "PSNR", "dice": "Dice"}

NO_REFERENCE_TABLES = ("quality", "extra")  # tables with measures that do not use the truth
MIN_CORRELATED_ROWS = 5  # fewest rows for a rank correlation


@dataclass(frozen=True)
class MetricTrust:
    """How one measure ranks the clean image and orders the rows.

    Attributes:
        sign: 1 where papers read higher as better, else -1.
        clean_rank: Rank of the clean image among all rows by that reading, 1 is best.
        row_count: Number of rows ranked, the clean image included.
        agreement: Spearman's rank correlation with each truth over the rows without a known truth, positive where the
            measure prefers what is closer to the truth; NaN where it is undefined.
    """

    measure: Measure
    sign: int
    clean_rank: int
    row_count: int
    agreement: dict[str, float]

    @property
    def is_misleading(self) -> bool:
        """Whether the clean image is in the worse half, or the order of the rows runs against the truth."""
        known = [value for value in self.agreement.values() if np.isfinite(value)]
        return self.clean_rank > (self.row_count + 1) / 2 or (bool(known) and max(known) < 0)


def assess_metrics(results: Results) -> list[MetricTrust]:
    """Return how far you can trust each measure that does not use the truth; empty if no clean image is known."""
    done = [row for row in results.rows if results.status_text(row) == "done"]
    if not any(row.id == CLEAN_ROW for row in done):
        return []
    means = {name: {row.id: results.summary(row.id, name).mean for row in done} for name in results.measures}
    names = no_reference_metrics(results)
    blind = [measure for table in NO_REFERENCE_TABLES for measure in results.measures_in_table(table)]
    found = [_assess_metric(results, measure, means) for measure in blind if measure.name in names]
    return [each for each in found if each is not None]


def no_reference_metrics(results: Results) -> set[str]:
    """Return the measures that see the enhanced image alone: no label, no mask, no clean image."""
    families = load_metric_families(results.plan.config["metrics"], results.plan.structure).values()
    return {measure.name for family in families if family.needs <= {"image"} for measure in family.measures}


def reading_sign(measure: Measure) -> int:
    """Return 1 for a measure where papers say higher is better, -1 for lower is better, 0 if they do not say."""
    quantity = find_quantity(measure.name)
    better = measure.better if measure.better != "none" or quantity is None else quantity.better
    return {"higher": 1, "lower": -1}.get(better, 0)


def _assess_metric(results: Results, measure: Measure, means: dict[str, dict[str, float]]) -> MetricTrust | None:
    values = {row: mean for row, mean in means[measure.name].items() if np.isfinite(mean)}
    sign = reading_sign(measure)
    if CLEAN_ROW not in values or not sign:
        return None
    better = sum(sign * mean > sign * values[CLEAN_ROW] for row, mean in values.items() if row != CLEAN_ROW)
    known = {row.id for row in results.rows if row.group == ORACLE_GROUP}
    rows = [row for row in values if row not in known]
    agreement = {name: _rank_agreement(rows, values, means.get(name, {}), sign) for name in TRUTH_LABELS}
    return MetricTrust(measure, sign, better + 1, len(values), agreement)


def _rank_agreement(rows: Sequence[str], ours: dict[str, float], truth: dict[str, float], sign: int) -> float:
    shared = [row for row in rows if np.isfinite(truth.get(row, np.nan))]
    pairs = np.array([[sign * ours[row], truth[row]] for row in shared])
    if len(shared) < MIN_CORRELATED_ROWS or (np.ptp(pairs, axis=0) == 0).any():
        return NAN
    # Imported late: the import takes half a second.
    from scipy import stats

    return float(stats.spearmanr(pairs[:, 0], pairs[:, 1]).statistic)
