"""Pictures one by one, their luminance, and means that see the field of view alone."""

import cv2
import numpy as np
import pytest

from sspbench.images.per_picture import blur_inside, compute_luminance, enhance_each, find_seen_area


def test_the_luminance_weighs_red_green_and_blue():
    pure = np.eye(3, dtype=np.float32)[None]
    assert compute_luminance(pure)[0] == pytest.approx([0.299, 0.587, 0.114])
    grey = np.random.default_rng(0).random((3, 4, 1)).astype(np.float32)
    assert np.array_equal(compute_luminance(grey), grey[..., 0])


def test_channels_come_last_within_the_function_and_first_outside():
    images = np.random.default_rng(0).random((2, 3, 4, 5)).astype(np.float32)
    seen = []

    def halve_red(picture):
        seen.append(picture.shape)
        return picture * (0.5, 1.0, 1.0)

    result = enhance_each(images, halve_red)
    assert seen == [(4, 5, 3)] * 2
    assert result.dtype == np.float32
    assert result[:, 0] == pytest.approx(images[:, 0] / 2)
    assert np.array_equal(result[:, 1:], images[:, 1:])
    assert enhance_each(images[:0], halve_red).shape == (0, 3, 4, 5)


def test_grey_and_dark_pictures_are_seen_whole_and_a_disc_is_found():
    disc = np.hypot(*np.ogrid[-40:40, -45:45]) < 35
    colour = np.where(disc[..., None], (0.6, 0.3, 0.2), 0.0).astype(np.float32)
    assert (find_seen_area(colour) ^ disc).mean() < 0.01
    assert find_seen_area(colour[..., :1]).all()
    assert find_seen_area(0.05 * colour).all()


def test_the_mean_inside_an_area_is_not_darkened_by_its_edge():
    disc = np.hypot(*np.ogrid[-40:40, -45:45]) < 35
    values = np.where(disc, np.float32(0.6), np.float32(0))
    inside = blur_inside(values, disc, 9.0)
    assert inside[disc] == pytest.approx(np.full(disc.sum(), 0.6), abs=1e-5)
    assert np.array_equal(blur_inside(values, np.ones_like(disc), 9.0), cv2.GaussianBlur(values, (0, 0), 9.0))
    channels = blur_inside(np.dstack([values, values / 2, values / 3]), disc, 9.0)
    assert channels.shape == (80, 90, 3)
    assert channels[..., 1][disc] == pytest.approx(inside[disc] / 2, abs=1e-5)
