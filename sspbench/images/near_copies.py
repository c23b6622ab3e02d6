"""Near copies of images: scaled, cropped, shifted, turned, mirrored, recompressed or brightened.

Equal files have equal hashes; these have not. Each image gets 150 binary features of corners (ORB: Rublee et al., ICCV
2011). Their bits say which of two pixels is brighter, so they survive a change of brightness. A hash index over subsets
of these bits gives candidates, in time that grows with the number of images and not with its square. A similarity
transform that maps features onto features (RANSAC) and the correlation of the registered pictures decide. A copy that
lost detail correlates no more than a neighbouring frame. But tissue moves between frames: what still moves within the
registered pictures (optical flow) tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
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

# Of a copy all parts move together. Median movement within the picture: of frames of living eyes 0.18 pixels and more
# was seen, of 60 of 62 copies that correlate less than copies must 0.17 or less.
MAX_COPY_MOVEMENT_PX = 0.17

# A smaller common part says little.
MIN_OVERLAP_SHARE = 0.1

EVENING_SIGMA_PX = 8.0
NOISE_GREY_LEVELS = 2.0

# Flow is averaged over so many pixels, and not read so close to the border of the common part.
FLOW_SIGMA_PX = 4.0
FLOW_MARGIN_PX = 7

# The moved image is smoothed by so much: of 0, 1 and both images by 1, this parts copies and frames best.
MOVED_SIGMA_PX = 1.0

# Iterations of the refined registration, and its change that ends it.
REFINING_STEPS = 30
REFINING_TOLERANCE = 1e-4


@dataclass(frozen=True)
class NearCopy:
    """Two images that show the same.

    Attributes:
        path: The image that was searched for.
        known: The image it is a copy of.
        correlation: Of the two pictures after registration, at most 1.
        movement_px: Median movement within the registered pictures, at the compared size; infinite if unknown.
    """

    path: Path
    known: Path
    correlation: float
    movement_px: float = math.inf

    @property
    def is_copy(self) -> bool:
        """Whether it is the same picture; below, another picture of the same place is as likely."""
        return self.correlation >= MIN_COPY_CORRELATION or self.is_still

    @property
    def is_still(self) -> bool:
        """Whether its parts move together, which they do not between frames of living tissue."""
        return self.movement_px <= MAX_COPY_MOVEMENT_PX


@dataclass(frozen=True)
class _Described:
    """An image at the compared size, with the places (n, 2) and bits (n, 32) of its corners."""

    pixels: np.ndarray
    places: np.ndarray
    bits: np.ndarray


@dataclass(frozen=True)
class _Match:
    """A known image that resembles a searched one, and the transform (2, 3) of the searched one onto it."""

    number: int
    shown: _Described
    transform: np.ndarray
    correlation: float


def find_near_copies(searched: Sequence[Path], known: Sequence[Path]) -> list[NearCopy]:
    """Return the images that are near copies of known ones, each with the known image that it resembles most.

    Raises:
        UserError: an image cannot be read.
    """
    described = [_describe(_load(path)) for path in known]
    index = _FeatureIndex(described)
    found = []
    for path in searched:
        pixels = _load(path)
        matches = list(_iter_matches(pixels, index, described))
        if matches:
            best = max(matches, key=lambda match: match.correlation)
            movement = _measure_movement(best, described[best.number])
            found.append(NearCopy(path, known[best.number], round(best.correlation, 3), round(movement, 3)))
    return found


def _iter_matches(pixels: np.ndarray, index: _FeatureIndex, described: Sequence[_Described]) -> Iterator[_Match]:
    """Yield the known images that an image or its mirror image resembles."""
    for shown in (pixels, np.ascontiguousarray(pixels[:, ::-1])):
        mine = _describe(shown)
        for number in index.find_candidates(mine.bits):
            transform = _register(mine, described[number])
            correlation = 0.0 if transform is None else _correlate_registered(mine, described[number], transform)
            if transform is not None and correlation >= MIN_CORRELATION:
                yield _Match(number, mine, transform, correlation)


def _load(path: Path) -> np.ndarray:
    """Return a grey image at the compared size, (H, W) uint8."""
    pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if pixels is None:
        raise UserError("An image cannot be read", where=str(path), hint="restore or remove it")
    height, width = pixels.shape
    scale = COMPARED_SIDE_PX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how))


def _describe(pixels: np.ndarray) -> _Described:
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


def _register(mine: _Described, other: _Described) -> np.ndarray | None:
    """Return the similarity transform (2, 3) of one image onto the other; None where there is none."""
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(mine.bits, other.bits)
    pairs = [(match.queryIdx, match.trainIdx) for match in matches if match.distance <= MAX_FEATURE_DISTANCE]
    if len(pairs) < MIN_INLIERS:
        return None
    ours, theirs = np.array(pairs).T
    cv2.setRNGSeed(0)
    transform, inliers = cv2.estimateAffinePartial2D(
        mine.places[ours],
        other.places[theirs],
        method=cv2.RANSAC,
        ransacReprojThreshold=MAX_INLIER_ERROR_PX,
        maxIters=500,
    )
    return None if transform is None or int(inliers.sum()) < MIN_INLIERS else np.asarray(transform)


def _correlate_registered(mine: _Described, other: _Described, transform: np.ndarray) -> float:
    """Return the correlation of two registered images over their common part; 0 where that is small."""
    moved, inside = _move(_even_out(mine.pixels), transform, other.pixels.shape)
    if inside.mean() < MIN_OVERLAP_SHARE:
        return 0.0
    return _correlate(moved[inside], _even_out(other.pixels)[inside])


def _move(image: np.ndarray, transform: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return an image as the transform moves it onto another of this shape, and where it lies on it, bool."""
    size = shape[1], shape[0]
    inside = cv2.warpAffine(np.ones(image.shape, np.uint8), transform, size)
    return np.asarray(cv2.warpAffine(image, transform, size)), np.asarray(inside) > 0


def _measure_movement(match: _Match, other: _Described) -> float:
    """Return by how many pixels parts of a registered image still move, in the median; infinite where it is unknown.

    The affine registration is refined to fractions of a pixel first (ECC: Evangelidis and Psarakis, IEEE TPAMI 2008);
    the movement is the optical flow (DIS: Kroeger et al., ECCV 2016) without its median.
    """
    mine, theirs = _even_out(match.shown.pixels), _even_out(other.pixels)
    start = cv2.invertAffineTransform(match.transform).astype(np.float32)
    end = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, REFINING_STEPS, REFINING_TOLERANCE)
    everywhere = np.full(mine.shape, 255, np.uint8)
    try:
        _, refined = cv2.findTransformECC(theirs, mine, start, cv2.MOTION_AFFINE, end, everywhere, 3)
    except cv2.error:  # it does not converge
        return math.inf
    moved, inside = _move(mine, cv2.invertAffineTransform(refined), theirs.shape)
    moved = cv2.GaussianBlur(moved, (0, 0), MOVED_SIGMA_PX)
    margin = np.ones((2 * FLOW_MARGIN_PX + 1,) * 2, np.uint8)
    inner = cv2.erode(inside.astype(np.uint8), margin, borderValue=0) > 0
    if inner.mean() < MIN_OVERLAP_SHARE:
        return math.inf
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = np.zeros((*theirs.shape, 2), np.float32)
    flow = cv2.GaussianBlur(engine.calc(_to_bytes(theirs), _to_bytes(moved), flow), (0, 0), FLOW_SIGMA_PX)[inner]
    return float(np.median(np.hypot(*(flow - np.median(flow, axis=0)).T)))


def _to_bytes(evened: np.ndarray) -> np.ndarray:
    """Return an evened image as (H, W) uint8: 128 for zero, 40 for a standard deviation."""
    return np.clip(128 + 40 * evened, 0, 255).astype(np.uint8)


def _even_out(pixels: np.ndarray) -> np.ndarray:
    """Return an image without its illumination and with even contrast, (H, W) float32."""
    grey = pixels.astype(np.float32)
    flat = grey - cv2.GaussianBlur(grey, (0, 0), EVENING_SIGMA_PX)
    spread = np.sqrt(cv2.GaussianBlur(flat * flat, (0, 0), EVENING_SIGMA_PX)) + NOISE_GREY_LEVELS
    return np.asarray(cv2.GaussianBlur(flat / spread, (0, 0), 1))


def _correlate(one: np.ndarray, other: np.ndarray) -> float:
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
