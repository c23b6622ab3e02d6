"""Evidence of an equal log: a training whose log equals the published one of its seed has the same weights.

So its images must score alike too. Where they do not, something after the last step differs: other weights were saved
(a moving average), or the network enhances in another mode than it should.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from sspbench.releases.digests import RunKey

from ..compare.recorded_results import RecordedResults
from .features import find_measure_kinds
from .same_seed import SameSeedPair, SeedDivergence

# A published loss has six digits; a log that differs by more is another one.
MAX_EQUAL_LOG_DIFFERENCE = 1e-5

# What may be left in a measure of the image under an equal log, relative; piqe and niqe jump the most.
MAX_EQUAL_IMAGE_DIFFERENCE = 1e-3

MAX_NAMED_MEASURES = 3


class _Mismatch(NamedTuple):
    """A measure of a row that is not the published one."""

    measure: str
    mine: float
    theirs: float

    @property
    def share(self) -> float:
        """The difference, relative."""
        return abs(self.mine - self.theirs) / max(abs(self.mine), abs(self.theirs), 1e-12)


def has_equal_log(pair: SameSeedPair) -> bool:
    """Return whether all losses agree from the first common line to the last line of both logs."""
    if not (pair.starts_at_same_step and pair.ends_at_same_step):
        return False
    sides = ((pair.mine[name], pair.theirs[name]) for name in pair.mine)
    return all(np.allclose(mine, theirs, rtol=MAX_EQUAL_LOG_DIFFERENCE, atol=1e-9) for mine, theirs in sides)


def find_image_divergence(
    given: RecordedResults, published: RecordedResults, key: RunKey, pair: SameSeedPair
) -> Iterator[SeedDivergence]:
    """Yield that the images of a training with an equal log score otherwise than the published ones."""
    if not has_equal_log(pair):
        return
    found = sorted(_iter_mismatches(given, published, key), key=lambda one: -one.share)
    if found:
        named = [f"{one.measure} is {one.mine:.4g}, published {one.theirs:.4g}" for one in found[:MAX_NAMED_MEASURES]]
        text = f"seed {pair.seed}: the log equals the published one to its last line, but {'; '.join(named)}"
        yield SeedDivergence("images", text)


def _iter_mismatches(given: RecordedResults, published: RecordedResults, key: RunKey) -> Iterator[_Mismatch]:
    row, seed = key
    for measure, kind in find_measure_kinds().items():
        sides = [side.grids.get((row, measure)) for side in (given, published)]
        columns = [side[seed] for side in sides if side is not None and seed in side.columns]
        if kind != "image" or len(columns) != len(sides):
            continue
        both = pd.concat(columns, axis=1, join="inner").to_numpy(dtype=float)
        kept = both[np.isfinite(both).all(axis=1)]
        if len(kept):
            mismatch = _Mismatch(measure, *(float(value) for value in kept.mean(axis=0)))
            if mismatch.share > MAX_EQUAL_IMAGE_DIFFERENCE:
                yield mismatch
