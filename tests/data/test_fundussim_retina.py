"""The retina under the vessels: macula, tilt of the light and spots, each alone and by its formula."""

from dataclasses import replace

import numpy as np
import pytest

from data.fundussim.parameters import Camera, Tissue
from data.fundussim.retina import Frame, Landmarks, paint, place_landmarks

RADIUS = 268.8
SIZE = 101  # the middle pixel is the centre of the field of view
SCALE = 0.47 * SIZE / RADIUS
EYE = Landmarks(np.array([-160.0, 0.0]), np.array([0.0, 0.0]))


def draw_eye(tissue=None, camera=None, seed=2):
    rng = np.random.default_rng(seed)
    return paint(rng, Frame.of_size(SIZE), EYE, tissue or Tissue(), camera or Camera()).astype(float)


@pytest.mark.parametrize("seed", range(4))
def test_the_macula_darkens_by_a_gaussian_that_is_a_tenth_wider_than_high(seed):
    """Without the darker fovea: exp(-d² / 2 (0.24 R)²), times a strength of 0.7 to 1.3 that the eye draws."""
    depth = (0.1, 0.2, 0.3)
    plain = replace(Tissue(), spotted_share=0.0, fovea_depth=(0.0, 0.0, 0.0), macula_depth=(0.0, 0.0, 0.0))
    darker = 1 - draw_eye(replace(plain, macula_depth=depth), seed=seed) / draw_eye(plain, seed=seed)
    strength = darker[50, 50] / depth
    assert strength == pytest.approx(np.full(3, strength[0]), rel=1e-3) and 0.7 <= strength[0] <= 1.3
    away = 12 / SCALE / (0.24 * RADIUS)
    assert darker[62, 50] / darker[50, 50] == pytest.approx(np.full(3, np.exp(-0.5 * away**2)), rel=1e-3)
    assert darker[50, 62] / darker[50, 50] == pytest.approx(np.full(3, np.exp(-0.5 * (away / 1.1) ** 2)), rel=1e-3)


def test_the_light_is_tilted_by_a_plane():
    level, tilted = (draw_eye(camera=replace(Camera(), tilt=tilt)) for tilt in (0.0, 0.2))
    ratio = (tilted / level)[..., 0]
    assert ratio[50, 50] == pytest.approx(1, abs=1e-4)
    assert np.diff(ratio, 2, axis=0) == pytest.approx(0, abs=1e-4)
    assert np.diff(ratio, 2, axis=1) == pytest.approx(0, abs=1e-4)
    assert np.ptp(ratio) > 0.05


def test_spots_are_drawn_in_eyes_that_have_some_alone():
    none, all_eyes = (
        [draw_eye(replace(Tissue(), spotted_share=share, spots=spots)) for spots in (0.0, 60.0)] for share in (0.0, 1.0)
    )
    assert np.array_equal(*none)
    assert (np.abs(all_eyes[1] - all_eyes[0]).max(axis=-1) > 0.02).sum() > 20


def test_the_fovea_lies_two_and_a_half_disc_diameters_from_the_disc_and_a_little_lower():
    places = [place_landmarks(np.random.default_rng(seed), Tissue()) for seed in range(300)]
    away = np.array([place.fovea - place.disc for place in places])
    distances = np.hypot(*away.T) / (5 * 0.13 * RADIUS)
    assert 0.92 <= distances.min() < 0.93 and 1.07 < distances.max() <= 1.08
    drops = np.arctan2(away[:, 1], away[:, 0])
    assert 0.02 <= drops.min() < 0.022 and 0.138 < drops.max() <= 0.14
    mean, sd_x, sd_y = Tissue().disc_offset
    discs = np.array([place.disc for place in places])
    assert discs.mean(axis=0) == pytest.approx([-mean, 0], abs=3 * max(sd_x, sd_y) / np.sqrt(300))
    assert discs.std(axis=0) == pytest.approx([sd_x, sd_y], rel=0.15)
