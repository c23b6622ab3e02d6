"""Statistics from the tidy scores: means with both sds, one test, mean ranks.

Seeds and images are two different sources of spread and are never pooled into one sd: ``sd_images`` is over images (of
values averaged over seeds), ``sd_seeds`` over seeds (of values averaged over images). A seed is one replicate of the
whole experiment; the test and its interval take trainings and images as crossed (``crossed_effects.py``). Below five
trainings the p-value is NaN. ``summary.py`` says which values count, with one rule for all of them.
"""

from .crossed_effects import MIN_TRAININGS, CrossedEstimate, estimate_crossed
from .paired_tests import (
    SIGNIFICANCE_LEVEL,
    PairedComparison,
    adjust_holm,
    compare_claimed_pairs,
    compare_grids,
    compare_rows,
    compare_with_references,
    decide_verdict,
    describe_replication,
    describe_unrepeated,
)
from .rank_intervals import RowRank, rank_rows
from .summary import (
    Summary,
    average_by_image,
    collect_means,
    compute_mean_ranks,
    iter_grids,
    keep_complete_images,
    list_subjects,
    make_row_ids,
    summarise,
)

__all__ = [
    "MIN_TRAININGS",
    "SIGNIFICANCE_LEVEL",
    "CrossedEstimate",
    "PairedComparison",
    "RowRank",
    "Summary",
    "adjust_holm",
    "average_by_image",
    "collect_means",
    "compare_claimed_pairs",
    "compare_grids",
    "compare_rows",
    "compare_with_references",
    "compute_mean_ranks",
    "decide_verdict",
    "describe_replication",
    "describe_unrepeated",
    "estimate_crossed",
    "iter_grids",
    "keep_complete_images",
    "list_subjects",
    "make_row_ids",
    "rank_rows",
    "summarise",
]
