"""A skeleton as branches between ends and branch points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .skeleton import iter_pixel_links


@dataclass(frozen=True)
class SkeletonGraph:
    """The pixels of a skeleton and the links between them.

    Attributes:
        pixels: (P, 2) int: row and column.
        links: (L, 2) int: indices into ``pixels``.
        sizes: (L,) float64: length of each link in px.
        degree: (P,) int: links of each pixel; one is an end, three or more a branch point.
    """

    pixels: np.ndarray
    links: np.ndarray
    sizes: np.ndarray
    degree: np.ndarray


@dataclass(frozen=True)
class SkeletonBranches:
    """The branches of a skeleton: what is left between branch points.

    Attributes:
        member: (P,) int: the branch of each pixel, -1 for branch points.
        length: (B,) float64 px, up to and including the link to a branch point.
        chord: (B,) float64 px: straight distance between both ends; NaN unless the branch has exactly two.
        free_ends: (B,) int: ends that touch nothing.
        joints: (B,) int: ends at a branch point.
    """

    member: np.ndarray
    length: np.ndarray
    chord: np.ndarray
    free_ends: np.ndarray
    joints: np.ndarray


def build_skeleton_graph(lines: np.ndarray) -> SkeletonGraph:
    """Link the neighbouring pixels of one (H, W) bool skeleton."""
    pixels = np.argwhere(lines)
    index = np.full(lines.shape, -1)
    index[lines] = np.arange(len(pixels))
    links, sizes = [], []
    for first, second, linked, size in iter_pixel_links(lines):
        links.append(np.stack([index[first][linked], index[second][linked]], axis=1))
        sizes.append(np.full(len(links[-1]), size))
    joined = np.concatenate(links)
    return SkeletonGraph(pixels, joined, np.concatenate(sizes), np.bincount(joined.ravel(), minlength=len(pixels)))


def label_components(count: int, links: np.ndarray) -> np.ndarray:
    """Number the connected components of ``count`` nodes joined by (L, 2) links; (count,) int."""
    adjacency = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(count, count))
    return connected_components(adjacency, directed=False)[1]


def cut_into_branches(skeleton: SkeletonGraph) -> SkeletonBranches:
    """Cut a skeleton at its branch points."""
    inner = skeleton.degree < 3
    both = inner[skeleton.links].all(axis=1)
    member = label_components(len(inner), skeleton.links[both])
    _, member[inner] = np.unique(member[inner], return_inverse=True)
    member[~inner] = -1
    count = member.max(initial=-1) + 1
    to_joint = inner[skeleton.links].sum(axis=1) == 1
    joints = skeleton.links[to_joint]
    own = np.where(inner[joints[:, 0]], joints[:, 0], joints[:, 1])
    other = joints.sum(axis=1) - own
    size = np.bincount(member[skeleton.links[both][:, 0]], skeleton.sizes[both], count)
    size += np.bincount(member[own], skeleton.sizes[to_joint], count)
    ends = np.flatnonzero(skeleton.degree == 1)
    owner = np.concatenate([member[ends], member[own]])
    where = skeleton.pixels[np.concatenate([ends, other])]
    return SkeletonBranches(
        member,
        size,
        _measure_chords(owner, where, count),
        np.bincount(member[ends], minlength=count),
        np.bincount(member[own], minlength=count),
    )


def _measure_chords(owner: np.ndarray, where: np.ndarray, count: int) -> np.ndarray:
    """Measure the distance between the two ends of each branch; ends (E, 2) belong to branches ``owner`` (E,)."""
    order = np.argsort(owner, kind="stable")
    number = np.bincount(owner, minlength=count)
    first = np.cumsum(number) - number
    chord = np.full(count, np.nan)
    two = np.flatnonzero(number == 2)
    start, stop = where[order[first[two]]], where[order[first[two] + 1]]
    chord[two] = np.hypot(*(stop - start).T)
    return chord


def remove_spurs(lines: np.ndarray, shortest: float) -> np.ndarray:
    """Remove side branches with a free end that are shorter than ``shortest`` px: artefacts of thinning.

    One pass; nerves that stand alone are kept regardless of their length.
    """
    skeleton = build_skeleton_graph(lines)
    found = cut_into_branches(skeleton)
    spur = (found.free_ends == 1) & (found.length < shortest)
    gone = skeleton.pixels[np.isin(found.member, np.flatnonzero(spur))]
    kept = lines.copy()
    kept[gone[:, 0], gone[:, 1]] = False
    return kept


def count_branch_points(skeleton: SkeletonGraph) -> int:
    """Count the branch points; pixels of degree three or more that touch are one point."""
    joint = skeleton.degree >= 3
    between = skeleton.links[joint[skeleton.links].all(axis=1)]
    return int(np.unique(label_components(len(joint), between)[joint]).size)
