"""The vessel tree: arcades from the optic disc that branch by Murray's law until they are too thin to see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .curves import bezier, smooth_noise
from .parameters import ARCADES, RADIUS, TWIGS, Anatomy, Trunk, draw

# Distance of neighbouring points of a vessel, pixels.
STEP = 1.5

# Side of a cell of the grid that keeps vessels apart, pixels.
CELL = 3.0

# Sd of the control points of a trunk around their usual places, radii of the field of view.
SPREAD = (0.025, 0.04, 0.08, 0.13)

# The part of it that is drawn separately for each of two vessels that run together, and the size of the inner course
# over that of the outer one.
PAIR_SPREAD, INNER = 0.4, 0.84

# Courses tried for a branch; the one that runs free longest is taken.
COURSES = 4

# Shortest branch, pixels.
SHORTEST = 14.0

# Distance from the centre of the disc within which no branches leave, pixels.
DISC_FREE = 0.16 * RADIUS

# Radius around the fovea that vessels leave free, pixels.
AVASCULAR = 0.11 * RADIUS


@dataclass(frozen=True)
class Vessel:
    """One unbranched course.

    Attributes:
        path: (n, 2) positions: x to the temple, y down, pixels from the centre of the field of view.
        radius: (n,) half widths, pixels.
        is_artery: Whether it is an artery, else a vein.
        branches: Where branches leave: index of the point, and radius of the branch over that of the vessel there.
    """

    path: np.ndarray
    radius: np.ndarray
    is_artery: bool
    branches: tuple[tuple[int, float], ...]


class Occupancy:
    """A coarse map of where vessels of each kind run."""

    def __init__(self) -> None:
        self.reach = 1.15 * RADIUS
        self.side = int(2 * self.reach / CELL) + 1
        self.taken = np.zeros((2, self.side, self.side), bool)

    def add(self, vessel: Vessel) -> None:
        """Mark the cells of a vessel and their neighbours."""
        row, column, _ = self._cells(vessel.path)
        layer = self.taken[int(vessel.is_artery)]
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                layer[row + down, column + right] = True

    def free_points(self, paths: np.ndarray, is_artery: bool, alone: bool) -> np.ndarray:
        """Return how many points of each of (k, n, 2) paths run free from the start.

        Their first points lie on the parent and are not looked at. A vessel may cross those of the other kind, unless
        it is ``alone``.
        """
        row, column, inside = self._cells(paths)
        blocked = self.taken[int(is_artery)][row, column]
        if alone:
            blocked = blocked | self.taken[1 - int(is_artery)][row, column]
        skipped = int(3 * CELL / STEP)
        blocked[:, :skipped] = False
        blocked |= ~inside
        ends = np.argmax(np.pad(blocked, ((0, 0), (0, 1)), constant_values=True), axis=1)
        return ends

    def _cells(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row and column of the cell of each position, and whether it lies on the map."""
        cells = np.floor((positions + self.reach) / CELL).astype(int)
        inside = np.all((cells >= 1) & (cells < self.side - 1), axis=-1)
        cells = np.clip(cells, 1, self.side - 2)
        return cells[..., 1], cells[..., 0], inside


def grow(rng: np.random.Generator, disc: np.ndarray, fovea: np.ndarray, anatomy: Anatomy) -> list[Vessel]:
    """Grow the vessels of one eye, whose optic disc and fovea have their centres, (2,), at the given places."""
    occupancy = Occupancy()
    vessels = list(_trunks(rng, disc, anatomy))
    for vessel in vessels:
        occupancy.add(vessel)
    generation = vessels
    while generation:
        sites = [site for vessel in generation for site in _sites(rng, vessel, disc, anatomy)]
        sites.sort(key=lambda site: -site.radius)
        grown = [_branch(rng, site, fovea, occupancy, anatomy) for site in sites]
        generation = [vessel for vessel in grown if vessel is not None]
        vessels += generation
    return vessels


def _trunks(rng: np.random.Generator, disc: np.ndarray, anatomy: Anatomy) -> Iterator[Vessel]:
    """Yield the vessels that leave the disc: an artery and a vein side by side on every arcade, and small ones."""
    narrowing = draw(rng, anatomy.artery_width)
    for mirror in (1.0, -1.0):
        for trunk in ARCADES:
            course = _course(rng, trunk)
            vein_inside = bool(rng.random() < 0.5)
            for is_artery in (False, True):
                control = course + PAIR_SPREAD * (_course(rng, trunk) - np.asarray(trunk.points) * RADIUS)
                if is_artery != vein_inside:
                    control[1:] *= INNER
                width = draw(rng, trunk.radius) * (narrowing if is_artery else 1.0)
                yield _trunk(rng, control * (1.0, mirror) + disc, width, is_artery, anatomy)
        for trunk in TWIGS:
            control = _course(rng, trunk) * (1.0, mirror) + disc
            yield _trunk(rng, control, draw(rng, trunk.radius), bool(rng.random() < 0.6), anatomy)


def _course(rng: np.random.Generator, trunk: Trunk) -> np.ndarray:
    """Draw the control points of one trunk, (4, 2), pixels from the centre of the disc."""
    points = np.asarray(trunk.points)
    moved: np.ndarray = RADIUS * (points + np.array(SPREAD)[:, None] * rng.standard_normal(points.shape))
    return moved


def _trunk(rng: np.random.Generator, control: np.ndarray, radius: float, is_artery: bool, anatomy: Anatomy) -> Vessel:
    length = np.hypot(*np.diff(control, axis=0).T).sum()
    path = bezier(control, max(int(length / STEP), 8))
    path = path + _sway(rng, path, anatomy)
    branches = _place_branches(rng, len(path), anatomy)
    return Vessel(path, _radii(radius, len(path), branches, anatomy), is_artery, branches)


def _sway(rng: np.random.Generator, path: np.ndarray, anatomy: Anatomy) -> np.ndarray:
    """Draw sideways displacements of a course that starts at its root, (n, 2)."""
    count = len(path)
    arc = np.arange(count) * STEP
    slow = 7.0 * draw(rng, anatomy.turning) * smooth_noise(rng, 1, count, 50.0 / STEP)[0]
    fast = 7.0 * draw(rng, anatomy.tortuosity) * smooth_noise(rng, 1, count, 16.0 / STEP)[0]
    along = np.gradient(path, axis=0)
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
    return across * ((slow + fast) * np.clip(arc / 60.0, 0.0, 1.0))[:, None]


def _place_branches(rng: np.random.Generator, count: int, anatomy: Anatomy) -> tuple[tuple[int, float], ...]:
    """Draw where branches leave a course of ``count`` points, and how thick they are; see :attr:`Vessel.branches`."""
    low, high = anatomy.side_share
    branches = []
    place = 0.8 * draw(rng, anatomy.spacing)
    while place < count * STEP - SHORTEST / 2:
        branches.append((max(int(place / STEP), 1), float(low * (high / low) ** rng.random())))
        place += draw(rng, anatomy.spacing)
    return tuple(branches)


def _radii(root: float, count: int, branches: tuple[tuple[int, float], ...], anatomy: Anatomy) -> np.ndarray:
    """Return how a vessel narrows from ``root``: at each branch the cubes of the radii add up (Murray's law)."""
    radii = np.full(count, root)
    for index, share in branches:
        radii[index:] *= (1.0 - share**3) ** (1.0 / 3.0)
    # The second half of a course narrows so that it ends as thin as vessels can be seen.
    rest = np.clip(2.0 - np.linspace(0.0, 2.0, len(radii)), 0.0, 1.0) ** 0.6
    return anatomy.thinnest + np.maximum(radii - anatomy.thinnest, 0.0) * rest


@dataclass(frozen=True)
class _Site:
    """Where a branch leaves its parent: position, the parent's direction (radians), radius and kind."""

    place: np.ndarray
    heading: float
    side: float
    radius: float
    is_artery: bool


def _sites(rng: np.random.Generator, vessel: Vessel, disc: np.ndarray, anatomy: Anatomy) -> Iterator[_Site]:
    """Yield the places where branches leave a vessel, outside the disc, on alternating sides."""
    along = np.gradient(vessel.path, axis=0)
    heading = np.arctan2(along[:, 1], along[:, 0])
    side = rng.choice((-1.0, 1.0))
    for index, share in vessel.branches:
        place, radius = vessel.path[index], vessel.radius[index - 1]
        if radius > 1.05 * anatomy.thinnest and np.hypot(*(place - disc)) > DISC_FREE:
            root = max(share * radius, anatomy.thinnest)
            yield _Site(place, heading[index], side, root, vessel.is_artery)
        side = -side if rng.random() < 0.8 else side


def _branch(
    rng: np.random.Generator, site: _Site, fovea: np.ndarray, occupancy: Occupancy, anatomy: Anatomy
) -> Vessel | None:
    """Grow a branch where there is room for one, and mark it; None where there is none."""
    length = min(draw(rng, anatomy.length_per_radius) * site.radius, 0.9 * RADIUS)
    paths = _courses(rng, site, fovea, int(length / STEP) + 2, anatomy)
    free = occupancy.free_points(paths, site.is_artery, alone=site.radius < 1.2)
    near_fovea = np.hypot(*np.moveaxis(paths - fovea, -1, 0)) < AVASCULAR
    reached = np.argmax(np.pad(near_fovea, ((0, 0), (0, 1)), constant_values=True), axis=1)
    free = np.minimum(free, reached)
    best = int(np.argmax(free))
    # It stops short of what it would run into.
    count = int(free[best]) - 1
    if count * STEP < SHORTEST:
        return None
    branches = _place_branches(rng, count, anatomy)
    radii = _radii(site.radius, count, branches, anatomy)
    vessel = Vessel(paths[best, :count], radii, site.is_artery, branches)
    occupancy.add(vessel)
    return vessel


def _courses(rng: np.random.Generator, site: _Site, fovea: np.ndarray, count: int, anatomy: Anatomy) -> np.ndarray:
    """Draw possible courses of a branch, (:data:`COURSES`, count, 2): sideways at first, then inwards or outwards."""
    arc = np.arange(count) * STEP
    angle = site.side * rng.uniform(0.5, 1.2, COURSES)
    start = site.heading + angle
    # Branches on the fovea's side turn to it, the others away from it.
    to_fovea = np.arctan2(*(fovea - site.place)[::-1])
    inwards = np.cos(start - to_fovea) > 0
    goal = np.where(inwards, to_fovea, to_fovea + np.pi) + rng.normal(0.0, 0.5, COURSES)
    turn = (goal - start + np.pi) % (2 * np.pi) - np.pi
    pull = rng.uniform(0.3, 0.8, COURSES)[:, None] * (1.0 - np.exp(-arc / rng.uniform(40.0, 120.0, COURSES)[:, None]))
    heading = start[:, None] + turn[:, None] * pull
    slow = smooth_noise(rng, COURSES, count, 45.0 / STEP)
    heading = heading + draw(rng, anatomy.turning) * (slow - slow[:, :1])
    heading = heading + 1.5 * draw(rng, anatomy.tortuosity) * smooth_noise(rng, COURSES, count, 14.0 / STEP)
    steps = np.stack([np.cos(heading), np.sin(heading)], axis=-1) * STEP
    steps[:, 0] = 0.0
    return site.place + np.cumsum(steps, axis=1)
