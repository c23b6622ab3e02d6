"""Otsu's threshold of an 8-bit map (IEEE Transactions on Systems, Man, and Cybernetics 9, 1979).

scikit-image has it too, but its import costs each segmenting job more than the job itself.
"""

from __future__ import annotations

import numpy as np


def find_otsu_threshold(levels: np.ndarray) -> int:
    """Return the level t at which ``levels <= t`` and ``levels > t`` have the largest variance between them.

    Args:
        levels: (H, W) uint8, of fewer than 2**24 pixels. Of a constant map the level itself is returned.

    >>> find_otsu_threshold(np.array([[0, 10], [240, 250]], np.uint8))
    10
    """
    low, high = int(levels.min()), int(levels.max())
    if low == high:
        return low
    # float32, as in scikit-image: where two thresholds are equal to rounding, both libraries take the same one.
    counts = np.bincount(levels.ravel(), minlength=high + 1)[low:].astype(np.float32)
    sums = np.cumsum(counts * np.arange(low, high + 1))
    below = np.cumsum(counts)
    total, total_sum, below, sums = below[-1], sums[-1], below[:-1], sums[:-1]
    above = total - below
    between = below * above * (sums / below - (total_sum - sums) / above) ** 2
    return low + int(np.argmax(between))
