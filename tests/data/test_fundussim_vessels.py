"""Vessels as the simulator of fundus photographs draws them: profile, contrast and mask, by hand."""

import numpy as np
import pytest

from data.fundussim.drawing import VesselPoints, transmit, vessel_mask
from data.fundussim.parameters import CONTRAST, CONTRAST_WIDTHS, Anatomy
from data.fundussim.vessels import Vessel

SIDE = 286
MIDDLE = 142.5
SCALE = 0.47 * SIDE / 268.8  # 0.50007: two pixels of the parameters are one of the photograph

# Row of the photograph, half width in pixels of the parameters, and whether it is an artery.
VEIN, ARTERY, NARROW, THIN, NARROW_ARTERY, THINNEST = 40, 75, 105, 125, 165, 185
VESSELS = {
    VEIN: (12.0, False),
    ARTERY: (12.0, True),
    NARROW: (4.0, False),
    THIN: (2.4, False),
    145: (1.5, False),
    NARROW_ARTERY: (1.5, True),
    THINNEST: (0.3, False),
}

PLACES, HEIGHTS = (-0.55, 0.0, 0.55), (0.69, 0.52, 0.69)


def make_vessel(place, radius, is_artery):
    """A vessel through these rows and columns of the photograph."""
    path = (np.stack(np.broadcast_arrays(*place), axis=1)[:, ::-1] - MIDDLE) / SCALE
    return Vessel(path, np.full(len(path), radius), is_artery, ())


@pytest.fixture(scope="module")
def points():
    """Straight vessels that leave the frame on both sides, 1.5 pixels of the parameters from point to point."""
    columns = MIDDLE + SCALE * np.arange(-300, 300.1, 1.5)
    vessels = [make_vessel((row, columns), *kind) for row, kind in VESSELS.items()]
    slope = SCALE * np.arange(0, 140, 1.5) / np.sqrt(2)
    vessels.append(make_vessel((210 + slope, 60 + slope), 12.0, False))
    return VesselPoints(vessels, SIDE)


@pytest.fixture(scope="module")
def density(points):
    """Minus the logarithm of what passes, (SIDE, SIDE, 3)."""
    return -np.log(transmit(np.random.default_rng(0), points, Anatomy()))


def expected_depth(width):
    return -np.log(1 - np.array([np.interp(width, CONTRAST_WIDTHS, row) for row in CONTRAST]))


def flat_profile(offset):
    """Three Gaussians side by side, for a half width of 12 pixels of the parameters."""
    radius = 12 * SCALE
    return sum(
        height * np.exp(-0.5 * ((offset - place * radius) / (0.38 * radius)) ** 2)
        for place, height in zip(PLACES, HEIGHTS, strict=True)
    )


def test_the_mask_is_8_percent_wider_than_the_vessel_and_at_least_12_tenths_of_a_pixel(points):
    mask = vessel_mask(points)
    lit = np.flatnonzero(mask[:195, SIDE // 2]).tolist()
    # Whole pixels within 6.48, 6.48, 2.16, 1.296, 0.81, 0.81 and 0.6.
    halves = {VEIN: 6, ARTERY: 6, NARROW: 2, THIN: 1, 145: 0, NARROW_ARTERY: 0, THINNEST: 0}
    assert lit == [row + k for row, half in halves.items() for k in range(-half, half + 1)]
    assert mask[THINNEST].all()


def test_a_wide_vein_has_a_flat_profile_of_the_depth_that_the_table_says(density):
    offsets = np.arange(-9, 10)
    expected = flat_profile(offsets)[:, None] * expected_depth(24)
    assert density[VEIN + offsets, 140] == pytest.approx(expected, rel=0.03, abs=0.004)


def test_a_slanted_vessel_has_the_same_profile(density):
    """On its axis, and 3 diagonal steps beside it."""
    assert density[230, 80] == pytest.approx(flat_profile(0.0) * expected_depth(24), rel=0.05)
    for row, column in ((233, 77), (227, 83)):
        assert density[row, column] == pytest.approx(flat_profile(3 * np.sqrt(2)) * expected_depth(24), rel=0.05)


def test_an_artery_takes_less_light_and_shows_a_reflex_on_its_axis(density):
    """Its share of a vein's depth is the first number drawn; 0.55 of it is missing in a Gaussian of sd 0.22."""
    share = np.random.default_rng(0).uniform(*Anatomy().artery_contrast)
    offsets = np.arange(-9, 10)
    reflex = 0.55 * np.exp(-0.5 * (offsets / (0.22 * 12 * SCALE)) ** 2)
    expected = share * (flat_profile(offsets) - reflex)[:, None] * expected_depth(24)
    assert density[ARTERY + offsets, 140] == pytest.approx(expected, rel=0.03, abs=0.004)
    assert density[NARROW_ARTERY, 140] == pytest.approx(share * density[145, 140], rel=1e-4)


def test_on_its_axis_a_narrow_vein_takes_the_light_that_the_table_says(density):
    for row, width in ((NARROW, 8), (THIN, 4.8)):
        assert density[row, 140] == pytest.approx(expected_depth(width), rel=0.05)
    assert (np.abs(density[[58, 92, 115, 135, 155, 175]]) < 1e-3).all()


@pytest.mark.parametrize("step", [0.9, 1.3, 2.2])
def test_contrast_does_not_depend_on_how_far_apart_the_points_of_a_vessel_lie(step):
    columns = MIDDLE + SCALE * np.arange(-300, 300.1, step)
    vessels = [make_vessel((row, columns), 4.0, False) for row in (60, 120)]
    slope = SCALE * np.arange(0, 140, step) / np.sqrt(2)
    vessels.append(make_vessel((160 + slope, 60 + slope), 12.0, False))
    density = -np.log(transmit(np.random.default_rng(0), VesselPoints(vessels, SIDE), Anatomy()))
    for row in (60, 120):
        assert density[row, 140] == pytest.approx(expected_depth(8), rel=0.05)
    assert density[180, 80] == pytest.approx(flat_profile(0.0) * expected_depth(24), rel=0.05)


@pytest.mark.parametrize("is_upright", [False, True])
@pytest.mark.parametrize("sigma", [1.1, 1.6, 2.4, 3.6])
def test_a_profile_of_one_of_the_sds_that_are_drawn_is_exact(sigma, is_upright):
    """Each of the three lines lies between two rows of pixels, which share it."""
    radius = sigma / 0.38
    columns = MIDDLE + SCALE * np.arange(-300, 300.1, 1.5)
    place = (columns[::-1], 100) if is_upright else (100, columns)
    drawn = VesselPoints([make_vessel(place, radius / SCALE, False)], SIDE)
    density = -np.log(transmit(np.random.default_rng(0), drawn, Anatomy()))
    density = density[140, 93:108] if is_upright else density[93:108, 140]
    offsets, expected = np.arange(-7, 8), np.zeros(15)
    for place, height in zip(PLACES, HEIGHTS, strict=True):
        low = np.floor(place * radius)
        for row, share in ((low, low + 1 - place * radius), (low + 1, place * radius - low)):
            expected += height * share * np.exp(-0.5 * ((offsets - row) / sigma) ** 2)
    assert density == pytest.approx(np.outer(expected, expected_depth(2 * radius / SCALE)), rel=0.01, abs=5e-4)


def test_the_last_point_in_a_pixel_says_how_far_away_the_vessel_is():
    """Four in each, the last 0.3 beside the middle: (100 + 3, x) is 3.0150 away, more than 1.08 half widths, 3.007."""
    columns = 20.05 + 0.75 * np.arange(300)
    half_widths = {100: 3.007 / 1.08, 150: 1.5, 200: 3.5, 250: 2.0}
    vessels = [make_vessel((row, columns), half / SCALE, False) for row, half in half_widths.items()]
    mask = vessel_mask(VesselPoints(vessels, SIDE))
    assert mask[98:103, 30:230].all()
    assert not mask[103, 30:230].any() and not mask[97, 30:230].any()


def test_three_points_are_drawn_for_each_but_the_last():
    vessel = make_vessel((np.array([10.0, 13.0, 10.0]), np.array([40.0, 40.0, 46.0])), 2.0, True)
    points = VesselPoints([vessel], SIDE)
    assert points.positions == pytest.approx(
        np.array([[10, 40], [11, 40], [12, 40], [13, 40], [12, 42], [11, 44]], dtype=float)
    )
    assert points.radius == pytest.approx(np.full(6, 2 * SCALE))
    assert points.width.tolist() == [4.0] * 6 and points.artery.all()
    # Half the straight way from the point before to the point behind; at both ends the way to the neighbour.
    assert points.length == pytest.approx([1, 1, 1, 1, np.sqrt(5), np.sqrt(5)])
