"""Colour measures against hand-made values and scikit-image."""

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from metrics.iqa.colour_difference import (
    ciede2000,
    convert_to_luminance,
    psnr_inside,
    psnr_whole_frame,
    ssim_inside,
)


def pictures(seed=0, size=48):
    rng = np.random.default_rng(seed)
    clean = rng.integers(40, 200, (2, size, size, 3), dtype=np.uint8)
    image = np.clip(clean + rng.integers(-20, 30, clean.shape), 0, 255).astype(np.uint8)
    y, x = np.ogrid[:size, :size]
    disc = np.hypot(y - size / 2, x - size / 2) < 0.45 * size
    return image * disc[None, ..., None], clean * disc[None, ..., None], np.stack([disc, disc])


def test_luminance_is_that_of_pillow():
    image = np.random.default_rng(1).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    expected = np.asarray(Image.fromarray(image).convert("L")).astype(int)
    # Pillow computes in whole numbers of 1/65536.
    assert np.abs(convert_to_luminance(image).astype(int) - expected).max() <= 1
    assert convert_to_luminance(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)).tolist() == [
        [76, 150, 29]
    ]


def flat(*colour):
    return np.broadcast_to(np.array(colour, np.uint8), (1, 4, 4, 3))


EVERYWHERE = np.ones((1, 4, 4), bool)


def test_equal_colours_do_not_differ_and_black_from_white_by_100():
    assert ciede2000(flat(12, 200, 90), flat(12, 200, 90), EVERYWHERE)[0] == 0
    assert ciede2000(flat(0, 0, 0), flat(255, 255, 255), EVERYWHERE)[0] == pytest.approx(100, abs=0.01)


def test_difference_of_two_greys_is_that_of_the_formula():
    """Of greys only lightness differs: dE = dL / (1 + 0.015 (L - 50)^2 / sqrt(20 + (L - 50)^2)), L their mean."""

    def lightness(grey):
        share = grey / 255
        linear = ((share + 0.055) / 1.055) ** 2.4
        return 116 * linear ** (1 / 3) - 16

    one, two = lightness(100), lightness(140)
    away = ((one + two) / 2 - 50) ** 2
    expected = (two - one) / (1 + 0.015 * away / np.sqrt(20 + away))
    assert ciede2000(flat(100, 100, 100), flat(140, 140, 140), EVERYWHERE)[0] == pytest.approx(expected, abs=0.01)


def test_a_change_of_hue_counts_though_luminance_stays():
    red, green = flat(200, 0, 0), flat(0, 102, 0)
    assert convert_to_luminance(red)[0, 0, 0] == convert_to_luminance(green)[0, 0, 0]
    assert ciede2000(red, green, EVERYWHERE)[0] > 50


@pytest.mark.parametrize("measure", [ciede2000, psnr_inside, ssim_inside])
def test_nothing_outside_the_field_of_view_counts(measure):
    image, clean, inside = pictures()
    painted = image.copy()
    painted[~inside] = 255
    assert np.array_equal(measure(image, clean, inside), measure(painted, clean, inside))
    assert np.isnan(measure(image, clean, np.zeros_like(inside))).all()


def test_psnr_agrees_with_scikit_image_and_the_black_outside_is_worth_its_share():
    image, clean, inside = pictures()
    whole = psnr_whole_frame(image, clean)
    assert whole == pytest.approx(
        [peak_signal_noise_ratio(c, i, data_range=255) for i, c in zip(image, clean, strict=True)]
    )
    assert whole - psnr_inside(image, clean, inside) == pytest.approx(10 * np.log10(1 / inside.mean()))
    assert np.isinf(psnr_inside(clean, clean, inside)).all()


def test_ssim_of_a_full_field_of_view_is_that_of_scikit_image():
    image, clean, _ = pictures()
    everywhere = np.ones(image.shape[:3], bool)
    settings = {"data_range": 255, "channel_axis": -1, "gaussian_weights": True, "use_sample_covariance": False}
    expected = [structural_similarity(i, c, **settings) for i, c in zip(image, clean, strict=True)]
    assert ssim_inside(image, clean, everywhere) == pytest.approx(expected)


def test_ssim_leaves_out_windows_that_reach_over_the_edge():
    """A change in one corner of a square field reaches the one window that holds it: 1 of 20 x 20."""
    clean = np.random.default_rng(3).integers(0, 256, (1, 40, 40, 3), dtype=np.uint8)
    inside = np.zeros((1, 40, 40), bool)
    inside[:, 5:35, 5:35] = True
    image = clean.copy()
    image[:, 4] = 255 - image[:, 4]
    assert ssim_inside(image, clean, inside)[0] == 1
    image[:, 5, 5] = 255 - image[:, 5, 5]
    changed = ssim_inside(image, clean, inside)[0]
    assert 1 - 1 / 400 < changed < 1


def test_pictures_smaller_than_the_window_have_no_ssim():
    image, clean, inside = pictures(size=8)
    assert np.isnan(ssim_inside(image, clean, inside)).all()
    wide, _, _ = pictures(size=48)
    assert np.isnan(ssim_inside(wide[:, :8], wide[:, :8], np.ones((2, 8, 48), bool))).all()


def test_one_level_in_one_channel_of_one_pixel_is_a_finite_psnr():
    clean, image = flat(90, 90, 90).copy(), flat(90, 90, 90).copy()
    image[0, 1, 2, 1] = 91
    assert psnr_inside(image, clean, EVERYWHERE)[0] == pytest.approx(10 * np.log10(255**2 * 48))
    assert psnr_whole_frame(image, clean)[0] == pytest.approx(10 * np.log10(255**2 * 48))
