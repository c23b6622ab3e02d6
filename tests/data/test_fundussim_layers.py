"""Light, choroid, macula, disc and spots of the simulated retina, each against its formula."""

from dataclasses import replace

import numpy as np
import pytest

from data.fundussim.curves import smooth_field
from data.fundussim.parameters import VIGNETTING, Camera, Tissue
from data.fundussim.retina import Frame, Landmarks, _choroid, _disc, _edge, _light, _macula, _spots

RADIUS = 268.8
SIZE = 101  # the middle pixel is the centre of the field of view
SCALE = 0.47 * SIZE / RADIUS
FRAME = Frame.of_size(SIZE)
Y, X = (np.mgrid[:SIZE, :SIZE] - 50) / SCALE
EYE = Landmarks(np.array([-160.0, 30.0]), np.array([20.0, 40.0]))
STILL = replace(Tissue(), choroid_sd=(0.0, 0.0), grain_sd=(0.0, 0.0), tessellation=(0.0, 0.0))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_distances_are_in_pixels_of_the_parameters():
    assert FRAME.distance(np.array([8.0, -6.0])) == pytest.approx(np.hypot(X - 8, Y + 6), rel=1e-5)


@pytest.mark.parametrize("channel", range(3))
def test_the_light_follows_the_table_from_a_centre_that_is_drawn(channel):
    found = _light(rng(), FRAME, replace(Camera(), tilt=0.0))[..., channel]
    centre = rng().normal(0, 0.05 * RADIUS, 2)
    away = np.hypot(X - centre[0], Y - centre[1]) / RADIUS
    for ring, value in enumerate(VIGNETTING[channel]):
        near = np.abs(away - (ring + 0.5) / 10) < 0.004
        assert near.any()
        assert found[near] == pytest.approx(value, abs=0.006)
    assert found[away < 0.01] == pytest.approx(VIGNETTING[channel][0], abs=0.004)
    # At 1.2 radii and beyond it is 0.06 below the last ring.
    assert found[away > 1.2] == pytest.approx(VIGNETTING[channel][-1] - 0.06, abs=1e-5)


def test_the_tilt_is_a_plane_of_the_sd_that_the_camera_has():
    even, tilted = (_light(rng(), FRAME, replace(Camera(), tilt=tilt)) for tilt in (0.0, 0.2))
    twin = rng()
    twin.normal(0, 0.05 * RADIUS, 2)
    right, down = 0.2 * twin.standard_normal(2) / RADIUS
    assert tilted / even == pytest.approx((1 + right * X + down * Y)[..., None] * np.ones(3), rel=1e-4)


def test_blotches_are_two_fields_and_the_grain_a_third():
    found = _choroid(rng(), FRAME, replace(STILL, choroid_sd=(0.3, 0.3), choroid_px=(9.0, 9.0), grain_sd=(0.1, 0.1)))
    twin = rng()
    twin.uniform()
    texture = 1 + 0.3 * (smooth_field(twin, SIZE, 9 * SCALE) + smooth_field(twin, SIZE, 45 * SCALE))
    twin.uniform(size=2)
    smooth_field(twin, SIZE, 6 * SCALE)
    twin.uniform()
    assert found == pytest.approx(texture + 0.1 * smooth_field(twin, SIZE, 1.6 * SCALE), abs=1e-5)


def test_choroidal_vessels_shine_through_away_from_the_macula():
    """They run where a field changes its sign: 0.7 brighter there, 0.3 darker far from it, nothing within 0.3 R."""
    found = _choroid(rng(), FRAME, replace(STILL, tessellation=(1.0, 1.0)))
    twin = rng()
    twin.uniform()
    for sigma in (0, 45.0):
        smooth_field(twin, SIZE, (sigma or np.random.default_rng(0).uniform(6, 12)) * SCALE)
    twin.uniform(size=2)
    line = np.exp(-0.5 * (smooth_field(twin, SIZE, 6 * SCALE) / 0.3) ** 2) - 0.3
    away = np.hypot(X, Y) / RADIUS
    assert found[away < 0.3] == pytest.approx(1)
    assert found[away > 0.8] == pytest.approx(1 + line[away > 0.8], abs=1e-4)
    half = np.abs(away - 0.55) < 0.01
    assert found[half] == pytest.approx(1 + line[half] / 2, abs=0.02)


@pytest.mark.parametrize("seed", range(2))
def test_the_fovea_is_a_gaussian_whose_depth_and_width_are_drawn(seed):
    deep = replace(Tissue(), fovea_depth=(0.1, 0.2, 0.3), macula_depth=(0.0, 0.0, 0.0))
    strength, width = rng(seed).uniform(0.7, 1.3), 0.0
    twin = rng(seed)
    twin.uniform()
    width = 0.085 * RADIUS * twin.uniform(0.85, 1.2)
    away = np.hypot((X - 20) / 1.1, Y - 40)
    expected = 1 - strength * np.array((0.1, 0.2, 0.3)) * np.exp(-0.5 * (away / width) ** 2)[..., None]
    assert _macula(rng(seed), FRAME, EYE, deep) == pytest.approx(expected, abs=1e-5)


def test_an_edge_is_soft():
    """Half at the radius; tanh(1) = 0.7616 of the other half is gone one softness further."""
    assert _edge(np.array([1.0, 1.5, 0.5, 9.0, -9.0]), 1.0, 0.5) == pytest.approx([0.5, 0.1192, 0.8808, 0, 1], abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_disc_has_a_cup_a_glow_and_a_dark_rim_to_the_temple(seed):
    tissue = replace(Tissue(), disc_height=(0.2, 0.4, 0.6), cup_height=(0.3, 0.1, 0.2))
    found, twin = _disc(rng(seed), FRAME, EYE, tissue), rng(seed)
    radius = 0.13 * RADIUS * twin.uniform(0.92, 1.08)
    away = np.hypot((X + 160) / 0.95, (Y - 30) / 1.05) / radius + 0.05 * smooth_field(twin, SIZE, 14 * SCALE)
    disc = 0.5 - 0.5 * np.tanh((away - 1) / 0.07)
    from_cup = np.hypot(X + 160 - 0.12 * radius, Y - 30) / radius
    cup = 0.5 - 0.5 * np.tanh((from_cup - twin.uniform(0.35, 0.55)) / 0.14)
    strength = twin.uniform(0.8, 1.2)
    cup = cup * strength * twin.uniform(0.5, 1.0)
    glow = 0.1 * (1 - disc) * np.where(away > 1, np.exp(-(away - 1) / 0.35), 1)
    rim = max(twin.uniform(-0.15, 0.25), 0) * np.exp(-0.5 * ((away - 1.08) / 0.07) ** 2)
    rim = rim * np.minimum(np.maximum((X + 160) / radius, 0), 1)
    expected = np.multiply.outer(strength * disc + glow, (0.2, 0.4, 0.6)) + np.multiply.outer(cup, (0.3, 0.1, 0.2))
    assert found == pytest.approx(expected - rim[..., None], abs=2e-5)


@pytest.mark.parametrize("seed", range(6))
def test_spots_lie_around_the_fovea_and_are_yellow_or_dark_red(seed):
    found, twin = _spots(rng(seed), FRAME, EYE, replace(Tissue(), spots=1.0)), rng(seed)
    expected = np.ones((SIZE, SIZE, 3))
    for _ in range(1 + twin.poisson(1.0)):
        away, angle = RADIUS * twin.uniform(0.15, 0.7), 2 * np.pi * twin.uniform()
        x, y = 20 + away * np.cos(angle), 40 + away * np.sin(angle)
        colour = (0.10, 0.35, 0.25) if twin.random() < 0.5 else (-0.18, -0.45, -0.30)
        size, stretch = twin.uniform(1.5, 4.0), twin.uniform(0.8, 1.2)
        spot = 0.5 - 0.5 * np.tanh((np.hypot((X - x) / stretch, Y - y) - size) / 0.8)
        expected += np.multiply.outer(spot, colour)
    assert found == pytest.approx(expected, abs=2e-4)
