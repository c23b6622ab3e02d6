"""Near copies of images: scaled, cropped, shifted, turned, mirrored, recompressed or brightened.

Equal files have equal hashes; these have not. Each image gets 150 binary features of corners (ORB: Rublee et al., ICCV
2011). Their bits say which of two pixels is brighter, so they survive a change of brightness. A hash index over subsets
of these bits gives candidates, in time that grows with the number of images and not with its square. A similarity
transform that maps features onto features (RANSAC) and the correlation of the registered pictures decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import UserError

# Images are compared at this many pixels of their longer side: enough for nerves, and quick.
COMPARED_SIDE_PX = 256

FEATURES_PER_IMAGE = 150

# A key is so many bits of a feature's 256; of many keys a true match shares some, a wrong one hardly any.
KEY_BITS = 20
KEY_COUNT = 12

# A key that more features share than this says nothing about an image, and would make the search quadratic.
MAX_KEY_FEATURES = 64

# Votes a candidate needs, and candidates that are registered for each image.
MIN_VOTES = 12
MAX_CANDIDATES = 3

# Differing bits of two features that count as the same corner.
MAX_FEATURE_DISTANCE = 70

# Features that one transform must map to within so many pixels; of different images 7 was seen.
MIN_INLIERS = 10
MAX_INLIER_ERROR_PX = 3.0

# Correlation of the registered pictures, evened out. Of images of different places 0.54 was seen at most (fundus
# pictures, whose round field matches), of neighbouring frames 0.6 to 0.87, of copies more.
MIN_CORRELATION = 0.55
MIN_COPY_CORRELATION = 0.8

# A smaller common part says little.
MIN_OVERLAP_SHARE = 0.1

EVENING_SIGMA_PX = 8.0
NOISE_GREY_LEVELS = 2.0


@dataclass(frozen=True)
class NearCopy:
    """Two images that show the same.

    Attributes:
        path: The image that was searched for.
        known: The image it is a copy of.
        correlation: Of the two pictures after registration, at most 1.
    """

    path: Path
    known: Path
    correlation: float

    @property
    def is_copy(self) -> bool:
        """Whether it is the same picture; below, another picture of the same place is as likely."""
        return self.correlation >= MIN_COPY_CORRELATION


@dataclass(frozen=True)
class _Described:
    """An image at the compared size, with the places (n, 2) and bits (n, 32) of its corners."""

    pixels: np.ndarray
    places: np.ndarray
    bits: np.ndarray


def find_near_copies(searched: Sequence[Path], known: Sequence[Path]) -> list[NearCopy]:
    """Return the images that are near copies of known ones, each with the known image that it resembles most.

    Args:
        searched: Images to look for, 8 bit.
        known: Images to look in.

    Raises:
        UserError: an image cannot be read.
    """
    described = [_describe(_load(path)) for path in known]
    index = _FeatureIndex(described)
    found = []
    for path in searched:
        pixels = _load(path)
        best = max(_iter_copies(pixels, index, described), default=None)
        if best is not None:
            found.append(NearCopy(path, known[best[1]], round(best[0], 3)))
    return found


def _iter_copies(
    pixels: np.ndarray, index: _FeatureIndex, described: Sequence[_Described]
) -> Iterator[tuple[float, int]]:
    """Yield the correlation with, and the number of, every known image that an image or its mirror image copies."""
    for shown in (pixels, np.ascontiguousarray(pixels[:, ::-1])):
        mine = _describe(shown)
        for number in index.find_candidates(mine.bits):
            correlation = _register(mine, described[number])
            if correlation >= MIN_CORRELATION:
                yield correlation, number


def _load(path: Path) -> np.ndarray:
    """Return a grey image at the compared size, (H, W) uint8."""
    import cv2

    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise UserError("An image cannot be read", where=str(path), hint="restore or remove it")
    height, width = pixels.shape
    scale = COMPARED_SIDE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how))


def _describe(pixels: np.ndarray) -> _Described:
    import cv2

    cv2.setNumThreads(1)  # jobs share the cores
    detector = cv2.ORB.create(
        nfeatures=FEATURES_PER_IMAGE, scaleFactor=1.2, nlevels=8, edgeThreshold=15, patchSize=31, fastThreshold=5
    )
    corners, bits = detector.detectAndCompute(pixels, None)
    places = np.array([corner.pt for corner in corners], np.float32).reshape(-1, 2)
    return _Described(pixels, places, np.zeros((0, 32), np.uint8) if bits is None else bits)


class _FeatureIndex:
    """Finds images by the features they share, through sorted keys."""

    def __init__(self, described: Sequence[_Described]) -> None:
        random = np.random.default_rng(0)
        self._chosen = [random.choice(256, KEY_BITS, replace=False) for _ in range(KEY_COUNT)]
        counts = [len(one.bits) for one in described]
        self._owners = np.repeat(np.arange(len(described)), counts)
        bits = np.concatenate([one.bits for one in described]) if described else np.zeros((0, 32), np.uint8)
        keys = self._make_keys(bits)
        self._order = [np.argsort(key, kind="stable") for key in keys]
        self._keys = [key[order] for key, order in zip(keys, self._order, strict=True)]

    def _make_keys(self, bits: np.ndarray) -> list[np.ndarray]:
        single = np.unpackbits(bits, axis=1)
        weights = 1 << np.arange(KEY_BITS, dtype=np.int64)
        return [single[:, chosen].astype(np.int64) @ weights for chosen in self._chosen]

    def find_candidates(self, bits: np.ndarray) -> list[int]:
        """Return the numbers of the images that share most keys, at most :data:`MAX_CANDIDATES`."""
        votes = [
            np.unique(self._owners[order[first:last]])
            for keys, known, order in zip(self._make_keys(bits), self._keys, self._order, strict=True)
            for first, last in zip(np.searchsorted(known, keys), np.searchsorted(known, keys, "right"), strict=True)
            if 0 < last - first <= MAX_KEY_FEATURES
        ]
        if not votes:
            return []
        numbers, counts = np.unique(np.concatenate(votes), return_counts=True)
        best = np.argsort(-counts, kind="stable")[:MAX_CANDIDATES]
        return [int(numbers[place]) for place in best if counts[place] >= MIN_VOTES]


def _register(mine: _Described, other: _Described) -> float:
    """Return the correlation of two images once one is mapped onto the other; 0 where no transform does it."""
    import cv2

    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(mine.bits, other.bits)
    pairs = [(match.queryIdx, match.trainIdx) for match in matches if match.distance <= MAX_FEATURE_DISTANCE]
    if len(pairs) < MIN_INLIERS:
        return 0.0
    ours, theirs = np.array(pairs).T
    cv2.setRNGSeed(0)
    transform, inliers = cv2.estimateAffinePartial2D(
        mine.places[ours],
        other.places[theirs],
        method=cv2.RANSAC,
        ransacReprojThreshold=MAX_INLIER_ERROR_PX,
        maxIters=500,
    )
    if transform is None or int(inliers.sum()) < MIN_INLIERS:
        return 0.0
    height, width = other.pixels.shape
    inside = cv2.warpAffine(np.ones(mine.pixels.shape, np.uint8), transform, (width, height)) > 0
    if inside.mean() < MIN_OVERLAP_SHARE:
        return 0.0
    moved = cv2.warpAffine(_even_out(mine.pixels), transform, (width, height))
    return _correlate(moved[inside], _even_out(other.pixels)[inside])


def _even_out(pixels: np.ndarray) -> np.ndarray:
    """Return an image without its illumination and with even contrast, (H, W) float32."""
    import cv2

    grey = pixels.astype(np.float32)
    flat = grey - cv2.GaussianBlur(grey, (0, 0), EVENING_SIGMA_PX)
    spread = np.sqrt(cv2.GaussianBlur(flat * flat, (0, 0), EVENING_SIGMA_PX)) + NOISE_GREY_LEVELS
    return np.asarray(cv2.GaussianBlur(flat / spread, (0, 0), 1))


def _correlate(one: np.ndarray, other: np.ndarray) -> float:
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
