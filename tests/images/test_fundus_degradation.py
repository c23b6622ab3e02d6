"""The degradation of fundus photographs against the published constants and expected values."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage.data import retina

from sspbench.images.field_of_view import find_field_of_view
from sspbench.images.fundus_degradation import (
    COMBINATIONS,
    TYPES,
    Blur,
    Degradation,
    Spot,
    degrade,
    draw_degradation,
)

DRAWS = 40


@pytest.fixture(scope="module")
def public_retina():
    picture = np.asarray(Image.fromarray(retina()).resize((512, 512), Image.Resampling.BICUBIC))
    return picture, find_field_of_view(picture).mask


def psnr(one, two, inside):
    error = np.square(one[inside].astype(float) - two[inside]).mean()
    return 10 * np.log10(255**2 / error)


def draws(types, size=512, count=DRAWS):
    return [draw_degradation(np.random.default_rng([7, seed]), size, size, types) for seed in range(count)]


@pytest.mark.parametrize(
    ("types", "expected", "spread"),
    [
        (("illumination",), 15.3, 1.8),
        (("spots",), 38.6, 2.2),
        (("blur",), 36.4, 2.1),
        (TYPES, 16.0, 1.6),
    ],
)
def test_psnr_is_that_of_the_published_degradation(public_retina, types, expected, spread):
    """Expected: the mean over DRIVE's 20 test pictures of another implementation; spread: the sd of single draws."""
    picture, inside = public_retina
    values = [psnr(degrade(picture, inside, drawn), picture, inside) for drawn in draws(types)]
    assert np.mean(values) == pytest.approx(expected, abs=spread)


def test_the_seven_types_are_the_subsets():
    assert len(set(COMBINATIONS)) == 7
    assert {len(types) for types in COMBINATIONS} == {1, 2, 3}
    for types in COMBINATIONS:
        drawn = draw_degradation(np.random.default_rng(0), 128, 128, types)
        assert drawn.types == types
        assert drawn.as_json()["types"] == list(types)


def test_unknown_types_are_refused():
    with pytest.raises(ValueError, match="haze"):
        draw_degradation(np.random.default_rng(0), 64, 64, ["haze"])


@pytest.mark.parametrize(
    ("radius", "disc", "amplitude", "sigma", "kernel"),
    [
        (6, 3, 0.0685, 19.6, (3, 5)),
        (10, 5, 0.1188, 26.0, (5, 7)),
        (15, 7, 0.1724, 34.0, (7, 9)),
        (20, 10, 0.2037, 42.0, (9, 11)),
        (25, 12, 0.2029, 50.0, (11, 13)),
    ],
)
def test_spots_have_the_published_amplitudes(radius, disc, amplitude, sigma, kernel):
    """The check values of the published model; the kernel's range is that after sides were made odd."""
    spots = [spot for drawn in draws(["spots"], count=200) for spot in drawn.spots if abs(spot.sigma - sigma) < 0.01]
    assert spots
    for spot in spots:
        assert spot.radius == disc
        assert spot.amplitude == pytest.approx(amplitude, abs=5e-5)
        assert kernel[0] <= min(spot.kernel)
        assert max(spot.kernel) <= kernel[1]


def test_numbers_and_ranges_of_draws():
    drawn = draws(TYPES, count=300)
    assert {len(one.spots) for one in drawn} == set(range(5, 11))
    blurs = [one.blur for one in drawn]
    assert {side for blur in blurs for side in blur.kernel} == {3, 5, 7}
    assert 5 <= min(blur.sigma for blur in blurs) < 5.5
    assert 14.5 < max(blur.sigma for blur in blurs) <= 15
    lights = [one.illumination for one in drawn]
    for name, low, high in (("brightness", 0.7, 1.2), ("contrast", 0.6, 1.4), ("saturation", 0.6, 1.4)):
        values = [getattr(light, name) for light in lights]
        assert low <= min(values) < low + 0.03
        assert high - 0.03 < max(values) <= high
    assert {light.halo_colour for light in lights} == {(141, 238, 238), (177, 195, 147)}
    holes = [light.hole_diameter for light in lights]
    assert (min(holes), max(holes)) == (204, 358)
    assert all(192 <= light.halo_centre[0] <= 320 and 128 <= light.hole_centre[0] <= 384 for light in lights)


@pytest.mark.parametrize("size", [256, 800])
def test_other_sizes_look_the_same(public_retina, size):
    """Spots stay bright in large frames; uneven light does the same harm in small ones."""
    picture = np.asarray(Image.fromarray(public_retina[0]).resize((size, size), Image.Resampling.BICUBIC))
    inside = find_field_of_view(picture).mask
    assert all(spot.amplitude > 0 for drawn in draws(["spots"], size) for spot in drawn.spots)
    harm = [psnr(degrade(picture, inside, one), picture, inside) for one in draws(["illumination"], size, 12)]
    usual = [psnr(degrade(*public_retina, one), *public_retina) for one in draws(["illumination"], 512, 12)]
    assert np.mean(harm) == pytest.approx(np.mean(usual), abs=0.5)


def test_small_frames_are_blurred_too(public_retina):
    picture = np.asarray(Image.fromarray(public_retina[0]).resize((96, 96), Image.Resampling.BICUBIC))
    for drawn in draws(["blur"], 96, 10):
        assert np.any(degrade(picture, np.ones((96, 96), bool), drawn) != picture)


def test_the_same_draw_gives_the_same_picture_and_leaves_its_input_alone(public_retina):
    picture, inside = public_retina
    before = picture.copy()
    one, two = (degrade(picture, inside, draw_degradation(np.random.default_rng(3), 512, 512)) for _ in range(2))
    other = degrade(picture, inside, draw_degradation(np.random.default_rng(4), 512, 512))
    assert np.array_equal(one, two)
    assert np.any(one != other)
    assert np.array_equal(picture, before)
    assert not one[~inside].any()


def test_a_spot_is_bright_in_its_middle_and_nowhere_else():
    grey = np.full((64, 64, 3), 100, np.uint8)
    spot = Spot(centre=(20, 40), radius=6, amplitude=0.2, sigma=1.0, kernel=(3, 3))
    result = degrade(grey, np.ones((64, 64), bool), Degradation((64, 64), spots=(spot,)))
    assert result[40, 20].tolist() == [151, 151, 151]  # 100 + 0.2 x 255
    assert result[40, 30].tolist() == [100, 100, 100]
    assert result[20, 40].tolist() == [100, 100, 100]


def test_a_blur_cut_off_close_is_nearly_a_box():
    line = np.zeros((9, 9, 3), np.uint8)
    line[:, 4] = 150
    result = degrade(line, np.ones((9, 9), bool), Degradation((9, 9), blur=Blur(sigma=15.0, kernel=(3, 3))))
    assert result[4, :, 0].tolist() == pytest.approx([0, 0, 0, 50, 50, 50, 0, 0, 0], abs=1)


def test_neutral_light_changes_nothing(public_retina):
    picture, inside = public_retina
    drawn = draw_degradation(np.random.default_rng(1), 512, 512, ["illumination"])
    no_jitter = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0}
    neutral = replace(drawn.illumination, **no_jitter, halo_colour=(0, 0, 0), hole_base=0.0, hole_share=0.0)
    result = degrade(picture, inside, replace(drawn, illumination=neutral))
    assert np.abs(result.astype(int) - picture * inside[..., None]).max() <= 1


def test_dark_pictures_get_no_hole():
    dark = np.full((128, 128, 3), 40, np.uint8)
    drawn = draw_degradation(np.random.default_rng(1), 128, 128, ["illumination"])
    plain = replace(drawn.illumination, brightness=1.0, contrast=1.0, saturation=1.0, halo_colour=(0, 0, 0))
    everywhere = np.ones((128, 128), bool)
    assert np.abs(degrade(dark, everywhere, replace(drawn, illumination=plain)).astype(int) - 40).max() <= 1
    bright = np.full((128, 128, 3), 120, np.uint8)
    assert degrade(bright, everywhere, replace(drawn, illumination=plain)).min() < 80


def test_another_size_is_refused():
    with pytest.raises(ValueError, match="drawn for"):
        degrade(np.zeros((64, 80, 3), np.uint8), np.ones((64, 80), bool), draws(TYPES, 64, 1)[0])


def test_parameters_can_be_stored():
    stored = json.loads(json.dumps(draws(TYPES, count=1)[0].as_json()))
    assert stored["types"] == ["illumination", "spots", "blur"]
    assert len(stored["spots"]) >= 5
    assert stored["size"] == [512, 512]
