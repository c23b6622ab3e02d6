"""One simulated eye put together: retina times vessels, blurred, brought to its colour, with noise; by hand."""

from dataclasses import replace

import numpy as np
import pytest

from data.fundussim.drawing import VesselPoints, transmit, vessel_mask
from data.fundussim.parameters import Anatomy, Camera, Tissue
from data.fundussim.retina import Frame, paint, place_landmarks
from data.fundussim.scene import _level, _mask8, _noise, _rgb8, _saturate, simulate
from data.fundussim.vessels import grow

SIDE = 96


def blur(picture, sigma, mode):
    """Blur rows and columns, not channels, with a Gaussian that is cut at four sds."""
    reach = int(4 * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(picture.astype(float), ((reach, reach), (reach, reach), (0, 0)), mode)
    shifted = [padded[k : k + picture.shape[0]] for k in range(2 * reach + 1)]
    rows = np.tensordot(kernel / kernel.sum(), shifted, 1)
    return np.tensordot(kernel / kernel.sum(), [rows[:, k : k + picture.shape[1]] for k in range(2 * reach + 1)], 1)


def test_bright_parts_are_compressed_from_215_on():
    """What is above is let through less and less: at 40 above, 1 - 1/e of the 40 that are left below 255."""
    given = np.array([0.0, 100.0, 215.0, 255.0, 295.0])
    expected = [0, 100, 215, 215 + 40 * (1 - np.exp(-1)), 215 + 40 * (1 - np.exp(-2))]
    assert _saturate(given) == pytest.approx(expected)


def test_pictures_are_rounded_and_black_outside():
    brightness = np.array([[[-3.0, 12.6, 12.4], [300.0, 255.0, 0.5]], [[50.0, 60.0, 70.0], [1.5, 2.5, 254.6]]])
    inside = np.array([[True, True], [False, True]])
    found = _rgb8(brightness, inside)
    assert found.dtype == np.uint8
    assert found.tolist() == [[[0, 13, 12], [255, 255, 0]], [[0, 0, 0], [2, 2, 255]]]


def test_masks_are_0_and_255():
    found = _mask8(np.array([[True, False]]))
    assert found.dtype == np.uint8 and found.tolist() == [[255, 0]]


def test_noise_is_blurred_within_each_channel_and_has_the_sd_drawn():
    found, twin = _noise(np.random.default_rng(3), 40, Camera()), np.random.default_rng(3)
    raw = twin.standard_normal((40, 40, 3), dtype=np.float32)
    blurred = blur(raw, twin.uniform(*Camera().noise_blur), "wrap")
    assert found == pytest.approx(blurred / blurred.std() * twin.uniform(*Camera().noise), abs=1e-4)


def test_the_colour_is_drawn_around_that_of_the_tissue():
    tissue = Tissue()
    found, twin = _level(np.random.default_rng(5), tissue), np.random.default_rng(5)
    drawn = 0.10 * twin.standard_normal() + np.array((0.05, 0.10, 0.10)) * twin.standard_normal(3)
    assert (drawn > -0.4).all() and (drawn < 0.25).all()
    assert found == pytest.approx(np.array((188.0, 95.0, 56.0)) * np.exp(drawn))


def test_extreme_colours_are_limited():
    wild = replace(Tissue(), level_sd=1e6, tint_sd=(0.0, 0.0, 0.0))
    seen = {round(float(_level(np.random.default_rng(seed), wild)[0] / 188), 6) for seed in range(12)}
    assert seen == {round(np.exp(-0.4), 6), round(np.exp(0.25), 6)}


@pytest.mark.parametrize(("seed", "is_left_eye"), [(1, True), (3, False)])
def test_an_eye_is_retina_times_vessels_out_of_focus_and_may_be_a_left_one(seed, is_left_eye):
    scene, twin = simulate(np.random.default_rng(seed), SIDE), np.random.default_rng(seed)
    frame, marks = Frame.of_size(SIDE), place_landmarks(twin, Tissue())
    points = VesselPoints(grow(twin, marks.disc, marks.fovea, Anatomy()), SIDE)
    retina = paint(twin, frame, marks, Tissue(), Camera())
    retina = retina * transmit(twin, points, Anatomy())
    focus = twin.uniform(*Camera().defocus) * 0.47 * SIDE / 268.8
    clear = blur(retina, focus, "symmetric")
    inside = frame.field_of_view
    clean = _saturate(clear * (_level(twin, Tissue()) / clear[inside].mean(axis=0)))
    noisy = clean + _noise(twin, SIDE, Camera())
    assert (twin.random() < 0.5) == is_left_eye
    turned = slice(None, None, -1 if is_left_eye else 1)
    for found, brightness in ((scene.clean, clean), (scene.photograph, noisy)):
        expected = np.clip(brightness, 0, 255) * inside[..., None]
        assert found[:, turned] == pytest.approx(expected, abs=0.51)
    assert np.array_equal(scene.label[:, turned] > 0, vessel_mask(points) & inside)
    assert np.array_equal(scene.field_of_view > 0, inside)
