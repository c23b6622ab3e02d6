"""Statistics from the tidy scores: means with both sds, one test, mean ranks.

Seeds and images are two different sources of spread and are never pooled into one sd: ``sd_images`` is over images (of
values averaged over seeds), ``sd_seeds`` over seeds (of values averaged over images). A seed is one replicate of the
whole experiment; the test and its interval take trainings and images as crossed (``crossed.py``), and below five
trainings there is no p-value. Which values count is one rule for all of them, told in ``summary.py``.
"""

from .compared import (
    LEVEL,
    REPLICATED,
    Compared,
    claimed_tests,
    compare,
    difference_to,
    holm,
    not_repeated,
    paired_tests,
    replicated,
    verdict,
)
from .crossed import MIN_TRAININGS, Crossed, crossed
from .ranks import mean_ranks
from .summary import Summary, by_image, complete, grids, means, row_ids, summarise, summary

__all__ = [
    "LEVEL",
    "MIN_TRAININGS",
    "REPLICATED",
    "Compared",
    "Crossed",
    "Summary",
    "by_image",
    "claimed_tests",
    "compare",
    "complete",
    "crossed",
    "difference_to",
    "grids",
    "holm",
    "mean_ranks",
    "means",
    "not_repeated",
    "paired_tests",
    "replicated",
    "row_ids",
    "summarise",
    "summary",
    "verdict",
]
