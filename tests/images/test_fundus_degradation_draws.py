"""What is drawn for frames that are wider than high: every range by hand, and both of its ends are reached."""

import numpy as np
import pytest

from sspbench.images.fundus_degradation import TYPES, draw_degradation

HEIGHT, WIDTH = 400, 710
DRAWS = 1500


@pytest.fixture(scope="module")
def drawn():
    return [draw_degradation(np.random.default_rng([11, seed]), HEIGHT, WIDTH, TYPES) for seed in range(DRAWS)]


@pytest.fixture(scope="module")
def lights(drawn):
    return [one.illumination for one in drawn]


def assert_range(values, low, high, share=0.02):
    """All values lie within the bounds, and both ends are reached but for a share of the range."""
    near = share * (high - low)
    assert low <= min(values) <= low + near
    assert high - near <= max(values) <= high


def test_the_halo_lies_in_the_middle_quarter(lights):
    assert_range([light.halo_centre[0] for light in lights], 266, 443)  # 355 -+ 88.75
    assert_range([light.halo_centre[1] for light in lights], 150, 250)  # 200 -+ 50


def test_diameters_of_the_halo(lights):
    """The outer one reaches from the shorter side to twice the farthest corner, and beyond by its offset."""
    assert_range([light.halo_inner for light in lights], 300, 400)
    shares = []
    for light in lights:
        x, y = light.halo_centre
        offset = abs(max(x - 355, y - 200) + 355)
        farthest = 2 * int(np.sqrt(max(x, 400 - x) ** 2 + max(y, 400 - y) * max(y, 710 - y))) / 400
        shares.append(((light.halo_outer - offset) / 400 - 1) / (farthest - 1))
    assert_range(shares, 0, 1)


def test_the_hole(lights):
    assert_range([light.hole_centre[0] for light in lights], 177, 532)  # 710 / 4 and 3 x 710 / 4
    assert_range([light.hole_centre[1] for light in lights], 150, 250)  # 3/8 and 5/8 of 400
    assert_range([light.hole_diameter for light in lights], 284, 497)
    assert_range([light.hole_base for light in lights], -0.262, -0.26)
    assert_range([light.hole_share for light in lights], -0.06, -0.05)
    for side in (0, 1):
        assert_range([light.hole_kernel[side] / light.hole_diameter for light in lights], 0.5465, 0.75, 0.04)
    assert len({light.hole_kernel[0] - light.hole_kernel[1] for light in lights}) > 50  # drawn independently


def test_spots_lie_inside_the_frame(drawn):
    spots = [spot for one in drawn for spot in one.spots]
    assert_range([spot.radius for spot in spots], 2, 10)  # half of 4 to 20
    small = [spot for spot in spots if spot.radius == 2]
    assert_range([spot.centre[0] for spot in small], 5, 705)
    assert_range([spot.centre[1] for spot in small], 5, 395)
    large = [spot for spot in spots if spot.radius == 10]
    assert_range([spot.centre[0] for spot in large], 21, 689)
    assert_range([spot.centre[1] for spot in large], 21, 379)


def test_sizes_of_a_blur_scale_with_the_height(drawn):
    """Sd 5 to 15 at a height of 512; odd sides 1 to 7 there, of which 0.78 times are 3 and 5, and 3 at least."""
    assert_range([one.blur.sigma for one in drawn], 5 * 400 / 512, 15 * 400 / 512)
    assert {side for one in drawn for side in one.blur.kernel} == {3, 5}
