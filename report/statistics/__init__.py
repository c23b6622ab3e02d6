"""Statistics from the tidy scores: means with both sds, paired tests, effects, intervals, ranks.

Seeds and images are two different sources of spread and are never pooled into one sd: ``sd_images`` is over images (of
values averaged over seeds), ``sd_seeds`` over seeds (of values averaged over images). Tests are over images, because
five seeds can never reach p < 0.0625. What cannot be computed is NaN with the reason in ``note``. Which values count
is one rule for all of them, told in ``summary.py``.
"""

from .bootstrap import bca_interval
from .paired import holm, paired_tests, rank_biserial
from .ranks import critical_difference, friedman
from .summary import Summary, by_image, complete, grids, means, row_ids, summarise, summary

__all__ = [
    "Summary",
    "bca_interval",
    "by_image",
    "complete",
    "critical_difference",
    "friedman",
    "grids",
    "holm",
    "means",
    "paired_tests",
    "rank_biserial",
    "row_ids",
    "summarise",
    "summary",
]
