"""The courses of simulated vessels: control points, sway, sides and directions of branches, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from data.fundussim.curves import smooth_noise
from data.fundussim.parameters import ARCADES, Anatomy
from data.fundussim.vessels import Occupancy, Vessel, _course, _courses, _place_branches, _Site, _sites, _sway

RADIUS = 268.8
STRAIGHT = replace(Anatomy(), turning=(0.0, 0.0), tortuosity=(0.0, 0.0))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_control_points_spread_more_the_further_they_are_from_the_disc():
    found = np.array([_course(rng(seed), ARCADES[0]) for seed in range(3)])
    for seed, points in enumerate(found):
        spread = np.array([[0.025], [0.04], [0.08], [0.13]]) * rng(seed).standard_normal((4, 2))
        assert points == pytest.approx(RADIUS * (np.array(ARCADES[0].points) + spread))


def test_a_course_sways_sideways_from_60_pixels_on_and_not_at_its_root():
    path = np.column_stack([np.zeros(81), 1.5 * np.arange(81)])
    found = _sway(rng(), path, replace(Anatomy(), turning=(0.3, 0.3), tortuosity=(0.1, 0.1)))
    twin = rng()
    twin.uniform()
    slow = 7 * 0.3 * smooth_noise(twin, 1, 81, 50 / 1.5)[0]
    twin.uniform()
    fast = 7 * 0.1 * smooth_noise(twin, 1, 81, 16 / 1.5)[0]
    grown = np.minimum(np.arange(81) / 40, 1)
    assert found == pytest.approx(np.column_stack([-(slow + fast) * grown, np.zeros(81)]))


def test_branches_keep_a_distance_from_each_other_and_from_the_end():
    """Every 30 pixels from 24 on, and none in the last 7: the course has 120 pixels, so 24, 54 and 84, not 114."""
    found = _place_branches(rng(), 80, replace(Anatomy(), spacing=(30.0, 30.0)))
    assert [index for index, _ in found] == [16, 36, 56]
    assert [index for index, _ in _place_branches(rng(), 81, replace(Anatomy(), spacing=(30.0, 30.0)))] == [
        16,
        36,
        56,
        76,
    ]
    shares = [share for seed in range(300) for _, share in _place_branches(rng(seed), 80, Anatomy())]
    assert 0.22 <= min(shares) < 0.23 and 0.78 < max(shares) <= 0.80
    # Evenly on a log scale.
    assert np.median(shares) == pytest.approx(np.sqrt(0.22 * 0.80), rel=0.06)


def test_branches_leave_on_either_side_mostly_in_turn():
    count = 40
    path = np.column_stack([1.5 * np.arange(100), np.zeros(100)])
    vessel = Vessel(path, np.linspace(4, 2, 100), True, tuple((2 + index, 0.5) for index in range(count)))
    seen = [list(_sites(rng(seed), vessel, np.array([-500.0, 0.0]), Anatomy())) for seed in range(40)]
    sides = np.array([[site.side for site in sites] for sites in seen])
    assert set(sides[:, 0]) == set(sides.ravel()) == {-1.0, 1.0}
    assert (sides[:, 1:] != sides[:, :-1]).mean() == pytest.approx(0.8, abs=0.03)
    for index, site in enumerate(seen[0]):
        assert site.place == pytest.approx(path[2 + index]) and site.heading == 0 and site.is_artery
        assert site.radius == pytest.approx(0.5 * vessel.radius[1 + index])


@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("fovea", [(100.0, 90.0), (-60.0, 20.0)], ids=["ahead", "behind"])
def test_a_branch_leaves_sideways_and_turns_to_the_fovea_or_away(side, fovea):
    """Away from it where it starts away from it."""
    site = _Site(np.array([10.0, 20.0]), 0.4, side, 3.0, True)
    found, twin = _courses(rng(), site, np.array(fovea), 50, STRAIGHT), rng()
    start = 0.4 + side * twin.uniform(0.5, 1.2, 4)
    to_fovea = np.arctan2(fovea[1] - 20, fovea[0] - 10)
    goal = to_fovea + np.where(np.abs(np.angle(np.exp(1j * (start - to_fovea)))) < np.pi / 2, 0, np.pi)
    turn = np.angle(np.exp(1j * (goal + twin.normal(0, 0.5, 4) - start)))
    share, length = twin.uniform(0.3, 0.8, 4), twin.uniform(40, 120, 4)
    for course, *drawn in zip(found, start, turn, share, length, strict=True):
        first, turned, part, over = drawn
        direction = first + turned * part * (1 - np.exp(-1.5 * np.arange(1, 50) / over))
        place = 10 + 20j + 1.5 * np.cumsum(np.exp(1j * direction))
        assert course[0] == pytest.approx([10, 20])
        assert course[1:] == pytest.approx(np.column_stack([place.real, place.imag]))


def test_turning_and_tortuosity_bend_a_branch_by_what_is_drawn():
    site = _Site(np.zeros(2), 0.0, 1.0, 3.0, True)
    bent, twin = _courses(rng(), site, np.array([300.0, 0.0]), 60, replace(Anatomy(), turning=(0.4, 0.4))), rng()
    plain = _courses(rng(), site, np.array([300.0, 0.0]), 60, STRAIGHT)
    twin.uniform(size=4), twin.normal(size=4), twin.uniform(size=8)
    slow = smooth_noise(twin, 4, 60, 30.0)
    twin.uniform()
    fast = 1.5 * twin.uniform(*Anatomy().tortuosity) * smooth_noise(twin, 4, 60, 14 / 1.5)
    for paths, more in ((bent, 0.4 * (slow - slow[:, :1]) + fast), (plain, np.zeros((4, 60)))):
        steps = np.diff(paths, axis=1)
        assert np.hypot(*np.moveaxis(steps, -1, 0)) == pytest.approx(1.5)
        angles = np.unwrap(np.arctan2(steps[..., 1], steps[..., 0]), axis=1) - more[:, 1:]
        if paths is bent:
            first = angles
    assert np.angle(np.exp(1j * (first - angles))) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("is_across", [False, True])
@pytest.mark.parametrize(("edge", "sign", "free"), [(-304.0, -1, 14), (306.0, 1, 16)], ids=["low", "high"])
def test_a_vessel_at_the_edge_of_the_map_blocks_the_outermost_cells(edge, sign, free, is_across):
    """Its neighbours' cells end at -300.12 and begin at 302.88; the course starts at 280 and has steps of 1.5."""
    room, line = Occupancy(), 1.5 * np.arange(-60, 60)
    order = slice(None, None, -1 if is_across else 1)
    beside = np.column_stack([np.full(120, edge), line])[:, order]
    room.add(Vessel(beside, np.full(120, 2.0), True, ()))
    towards = np.column_stack([sign * (280 + 1.5 * np.arange(30)), np.zeros(30)])[:, order]
    assert room.free_points(towards[None], True, alone=False).tolist() == [free]
