"""The vessels that leave the optic disc: where they end, how wide they are, and where they branch."""

from dataclasses import replace

import numpy as np
import pytest

from data.fundussim.parameters import Anatomy
from data.fundussim.vessels import grow

RADIUS = 268.8
DISC, FOVEA = np.array([-150.0, 20.0]), np.array([30.0, 35.0])
EYES = 40


@pytest.fixture(scope="module")
def eyes():
    """The trunks alone: branches would leave after a million pixels only."""
    bare = replace(Anatomy(), spacing=(1e6, 1e6))
    return [grow(np.random.default_rng([3, seed]), DISC, FOVEA, bare) for seed in range(EYES)]


def test_each_half_has_three_pairs_of_an_artery_and_a_vein_and_two_small_vessels(eyes):
    for eye in eyes:
        assert len(eye) == 16
        for half in (0, 8):
            assert [vessel.is_artery for vessel in eye[half : half + 6]] == [False, True] * 3
        assert not any(vessel.branches for vessel in eye)


@pytest.mark.parametrize(
    ("first", "place"), [(0, (2.10, 0.40)), (2, (0.50, 1.15)), (4, (-0.50, 0.62))], ids=["long", "short", "nasal"]
)
@pytest.mark.parametrize(("half", "sign"), [(0, -1), (8, 1)], ids=["above", "below"])
def test_arcades_end_where_the_table_says(eyes, half, sign, first, place):
    """In radii from the disc. Of two that run together the inner one is 0.84 times as far, so 0.92 on average."""
    ends = np.array([eye[half + first + one].path[-1] - DISC for eye in eyes for one in (0, 1)])
    expected = 0.92 * RADIUS * np.array([place[0], sign * place[1]])
    assert ends.mean(axis=0) == pytest.approx(expected, abs=14)


def test_widths_at_the_disc_are_those_of_the_table(eyes):
    veins = [eye[half].radius[0] for eye in eyes for half in (0, 8)]
    assert 4.2 <= min(veins) < 4.3 and 5.1 < max(veins) <= 5.2
    low, high = Anatomy().artery_width
    arteries = [eye[half + 1].radius[0] for eye in eyes for half in (0, 8)]
    assert 4.2 * low <= min(arteries) and max(arteries) <= 5.2 * high
    assert np.mean(arteries) == pytest.approx(4.7 * (low + high) / 2, rel=0.03)


def test_vessels_keep_their_width_up_to_the_middle_and_end_as_thin_as_can_be_seen(eyes):
    for vessel in eyes[0]:
        half = len(vessel.path) // 2
        assert vessel.radius[:half] == pytest.approx(np.full(half, vessel.radius[0]))
        assert vessel.radius[-1] == Anatomy().thinnest


def test_branches_leave_outside_the_disc():
    for seed in range(2):
        vessels = grow(np.random.default_rng(seed), DISC, FOVEA, Anatomy())
        away = np.array([np.hypot(*(vessel.path[0] - DISC)) for vessel in vessels])
        assert away[:16].max() < 0.1 * RADIUS
        assert away[16:].min() > 0.16 * RADIUS
        assert len(vessels) > 60


def test_a_branch_begins_where_its_parent_says_and_as_thick_as_it_says():
    """Its half width is a share of its parent's before the branch, and 0.7 pixels at least."""
    vessels = grow(np.random.default_rng(0), DISC, FOVEA, Anatomy())
    places = {
        tuple(parent.path[index]): (max(share * parent.radius[index - 1], 0.7), parent.is_artery)
        for parent in vessels
        for index, share in parent.branches
    }
    assert len(vessels) > 60
    for branch in vessels[16:]:
        radius, is_artery = places[tuple(branch.path[0])]
        assert (branch.radius[0], branch.is_artery) == (pytest.approx(radius), is_artery)
