"""Lengths of centrelines without direction bias, and centrelines joined across gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from .branches import SkeletonGraph, build_skeleton_graph

SMOOTHING_PASSES = 8
"""Passes of the kernel (1/4, 1/2, 1/4) along a centreline: together a Gaussian of 2 steps.

Mean error over directions of lines +0.04 %, over circles of 15 to 120 px -0.3 %, over waves -0.3 %; with 16 passes
curves are 0.7 % short, with 6 lines are up to 0.3 % long."""
_LOOK_BACK_STEPS = 10
"""Steps from a free end over which its direction is taken."""
_MIN_BRIDGE_COSINE = np.cos(np.deg2rad(40))
"""How far a bridge may turn from the direction of either end."""


def smooth_links(skeleton: SkeletonGraph) -> SkeletonGraph:
    """Measure the links of a skeleton along sub-pixel paths.

    The pixels of a slanting line zigzag about it, so that steps of 1 and sqrt(2) overrate its length by up to 8 %, by
    5 % on average over directions. Here every pixel between two others moves to the weighted mean of the three, several
    times over; ends and branch points stay. Lines of all directions keep their length within 1 %, and so do circles
    and waves wide against the smoothing.

    Args:
        skeleton: The pixels and links of a skeleton.

    Returns:
        The same graph with ``sizes`` in px along the smoothed paths.
    """
    place = skeleton.pixels.astype(np.float64)
    both = np.concatenate([skeleton.links, skeleton.links[:, ::-1]])
    inner = np.flatnonzero(skeleton.degree == 2)
    both = both[np.argsort(both[:, 0], kind="stable")]
    neighbours = both[np.isin(both[:, 0], inner), 1].reshape(len(inner), 2)
    for _ in range(SMOOTHING_PASSES):
        place[inner] = place[inner] / 2 + (place[neighbours[:, 0]] + place[neighbours[:, 1]]) / 4
    first, second = place[skeleton.links[:, 0]], place[skeleton.links[:, 1]]
    return replace(skeleton, sizes=np.hypot(*(first - second).T))


def measure_path_length(lines: np.ndarray) -> float:
    """Measure the length of one (H, W) bool skeleton in px, along smoothed paths.

    >>> round(measure_path_length(np.eye(9, dtype=bool)), 3) == round(8 * 2 ** 0.5, 3)
    True
    """
    return float(smooth_links(build_skeleton_graph(lines)).sizes.sum())


def find_bridges(skeleton: SkeletonGraph, gap: float) -> np.ndarray:
    """Find free ends that face each other across a gap: a nerve that was broken in two.

    Args:
        skeleton: The pixels and links of a skeleton.
        gap: Largest distance in px between the two ends.

    Returns:
        (B, 2) int: pairs of pixels; both ends point at each other within 40 degrees.
    """
    ends = np.flatnonzero(skeleton.degree == 1)
    if len(ends) < 2 or gap <= 0:
        return np.zeros((0, 2), int)
    outward = _end_directions(skeleton, ends)
    pairs = cKDTree(skeleton.pixels[ends]).query_pairs(gap, output_type="ndarray")
    across = (skeleton.pixels[ends[pairs[:, 1]]] - skeleton.pixels[ends[pairs[:, 0]]]).astype(np.float64)
    across /= np.maximum(np.hypot(*across.T), 1e-9)[:, None]
    ahead = np.sum(outward[pairs[:, 0]] * across, axis=1) >= _MIN_BRIDGE_COSINE
    back = np.sum(outward[pairs[:, 1]] * -across, axis=1) >= _MIN_BRIDGE_COSINE
    return ends[pairs[ahead & back]]


def _end_directions(skeleton: SkeletonGraph, ends: np.ndarray) -> np.ndarray:
    """Return the unit vector out of each free end, (E, 2), taken over the last steps of its path."""
    neighbours: dict[int, list[int]] = {}
    for first, second in skeleton.links.tolist():
        neighbours.setdefault(first, []).append(second)
        neighbours.setdefault(second, []).append(first)
    vectors = np.zeros((len(ends), 2))
    for number, end in enumerate(ends.tolist()):
        before, here = end, neighbours[end][0]
        for _ in range(_LOOK_BACK_STEPS - 1):
            onward = [pixel for pixel in neighbours[here] if pixel != before]
            if len(onward) != 1:
                break
            before, here = here, onward[0]
        vectors[number] = skeleton.pixels[end] - skeleton.pixels[here]
    return vectors / np.maximum(np.hypot(*vectors.T), 1e-9)[:, None]
