"""Splits into LQ, HQ and test: by quality, by a seed, and never a subject on both sides of training and test.

The quality of a confocal frame is the sharpness of the nerves and the evenness of the light.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, gaussian_laplace
from scipy.stats import rankdata

# The subject stands before the first separator, holds a digit, and a number follows it: ``12_3``, ``P07-OD-2``.
SUBJECT_PATTERN = re.compile(r"^(?P<subject>[^-_ .()]*\d[^-_ .()]*)[-_ .(]+.*\d", re.ASCII)

# Names whose most frequent first part covers more than this carry no subjects (``2023_001``, ``2023_002``, ...).
MAX_SUBJECT_SHARE = 0.34

# Standard deviation, in pixels of a 384-pixel frame, at which nerve borders show and single-pixel noise does not.
FINE_SIGMA_PX = 1.5

# Standard deviation, in pixels of a 384-pixel frame, that leaves only the illumination.
BROAD_SIGMA_PX = 32.0


@dataclass(frozen=True)
class FrameQuality:
    """Two figures of one image.

    Attributes:
        sharpness: RMS of the Laplacian of Gaussian over the mean grey level; free of gain.
        evenness: 1 - coefficient of variation of the illumination (the broadly smoothed image); 1 is even.
    """

    sharpness: float
    evenness: float


def measure_frame_quality(grey: np.ndarray) -> FrameQuality:
    """Return both figures of (H, W) uint8; a black image has neither: 0 and 0."""
    image = grey.astype(np.float64)
    mean = float(image.mean())
    if mean == 0:
        return FrameQuality(0.0, 0.0)
    scale = grey.shape[1] / 384
    fine = gaussian_laplace(image, FINE_SIGMA_PX * scale, mode="reflect") * scale**2
    light = gaussian_filter(image, BROAD_SIGMA_PX * scale, mode="reflect")
    return FrameQuality(float(np.sqrt((fine**2).mean())) / mean, 1.0 - float(light.std()) / mean)


def rank_quality(all_figures: list[FrameQuality]) -> np.ndarray:
    """Return one quality in (0, 1] an image: the mean of its two ranks among all images, ties averaged."""
    sharp = rankdata([entry.sharpness for entry in all_figures])
    even = rankdata([entry.evenness for entry in all_figures])
    return (sharp + even) / (2 * len(all_figures))


def group_by_subject(names: Sequence[str], digests: Sequence[Collection[str]]) -> tuple[list[str], bool]:
    """Return the subject of every image, by the names without ending, and whether the names carry subjects at all.

    Without subjects in the names each image is its own subject. Equal pictures, which share a digest, share a subject.
    """
    found = [match.group("subject") if (match := SUBJECT_PATTERN.match(name)) else None for name in names]
    counts = Counter(found)
    carried = None not in counts and max(counts.values()) <= max(1, MAX_SUBJECT_SHARE * len(names))
    groups = [str(subject) for subject in found] if carried else list(names)
    return _join_equal_pictures(groups, digests), carried


def _join_equal_pictures(groups: list[str], digests: Sequence[Collection[str]]) -> list[str]:
    """Give groups that share a picture one name: the first in order."""
    leader: dict[str, str] = {}

    def find(group: str) -> str:
        while group in leader:
            group = leader[group]
        return group

    first: dict[str, str] = {}
    for group, hashes in zip(groups, digests, strict=True):
        for digest in hashes:
            one, other = sorted((find(first.setdefault(digest, group)), find(group)))
            if one != other:
                leader[other] = one
    return [find(group) for group in groups]


def assign_splits(
    groups: Sequence[str], qualities: np.ndarray, shares: tuple[float, float, float], seed: int
) -> list[str | None]:
    """Return ``trainA``, ``trainB``, ``testA`` or None (left out) for every image, by its subject and quality.

    The ``low`` share of lowest quality is LQ, the ``high`` share of highest quality HQ; the rest is left out. Subjects
    are shuffled by the seed and taken for the test, whole, until their LQ images make up the ``test`` share of all LQ
    images; the last subject is skipped where taking it would miss that share by more than leaving it. HQ images of test
    subjects are left out. ``shares`` are low, high and test.
    """
    low, high, test = shares
    order = np.lexsort((np.arange(len(groups)), qualities))
    kind = np.full(len(groups), "", dtype=object)
    kind[order[: math.floor(low * len(groups))]] = "low"
    kind[order[len(groups) - math.floor(high * len(groups)) :]] = "high"
    tested = _draw_test_subjects(groups, kind == "low", test, seed)
    names = {("low", False): "trainA", ("high", False): "trainB", ("low", True): "testA"}
    return [names.get((kind[index], group in tested)) for index, group in enumerate(groups)]


def _draw_test_subjects(groups: Sequence[str], low: np.ndarray, share: float, seed: int) -> set[str]:
    sizes = Counter(group for group, is_low in zip(groups, low, strict=True) if is_low)
    wanted = max(1.0, share * int(low.sum()))
    taken: set[str] = set()
    count = 0
    for group in np.random.default_rng(seed).permutation(sorted(sizes)).tolist():
        if abs(count + sizes[group] - wanted) < abs(count - wanted):
            taken.add(group)
            count += sizes[group]
    return taken
