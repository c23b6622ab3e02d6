"""Measures inside a field of view: what lies outside changes nothing, and values are those worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from metrics.colour import Colour
from metrics.contrast import Contrast, average_gradient, entropy_bits
from metrics.iqa.niqe_features import find_whole_blocks
from metrics.masks import Masks
from metrics.niqe import Niqe
from metrics.piqe import Piqe, piqe
from metrics.truth import FullReference
from metrics.vessels import Vessels
from sspbench.contract import ScoringBatch
from sspbench.images.field_of_view import find_inscribed_square

SIDE = 128
LEFT_HALF = np.zeros((1, SIDE, SIDE), bool)
LEFT_HALF[..., : SIDE // 2] = True


def noise(seed, *more):
    return np.random.default_rng(seed).integers(0, 256, (1, SIDE, SIDE, *more), dtype=np.uint8)


def make_batch(seed_outside):
    """A batch whose left half is always the same, and whose right half, outside the field of view, is not."""

    def join(stack, other):
        inside = LEFT_HALF[..., None] if stack.ndim == 4 else LEFT_HALF
        return np.where(inside, stack, other)

    def masks(seed):
        return join(noise(seed) > 200, noise(seed + seed_outside) > 200)

    return ScoringBatch(
        image=join(noise(1), noise(1 + seed_outside)),
        mask=masks(3) & LEFT_HALF,
        probability=join(noise(4), np.uint8(0)),
        label=masks(5) & LEFT_HALF,
        clean=join(noise(2), noise(2 + seed_outside)),
        image_rgb=join(noise(6, 3), noise(6 + seed_outside, 3)),
        clean_rgb=join(noise(7, 3), noise(7 + seed_outside, 3)),
        fov=LEFT_HALF,
        inner_fov=LEFT_HALF & np.roll(LEFT_HALF, -4, axis=2) & np.roll(LEFT_HALF, 4, axis=2),
    )


@pytest.mark.parametrize("family", [Contrast(), Masks(), FullReference(), Vessels()])
def test_what_lies_outside_changes_nothing(family):
    first, second = (family.score(make_batch(seed)) for seed in (100, 200))
    for name, scores in first.items():
        np.testing.assert_array_equal(scores.values, second[name].values, err_msg=name)


def test_the_whole_frame_counts_where_the_name_says_so():
    first, second = (Colour().score(make_batch(seed)) for seed in (100, 200))
    assert first["ciede2000"].values == second["ciede2000"].values
    assert first["psnr_frame"].values != second["psnr_frame"].values


def test_entropy_and_gradient_of_the_pixels_inside():
    image = np.zeros((1, 8, 8), np.uint8)
    image[0, :, 1], image[0, :, 2], image[0, :, 3] = 10, 20, 30
    inside = np.zeros((1, 8, 8), bool)
    inside[:, :, :4] = True
    assert entropy_bits(image, inside)[0] == 2.0  # four levels, equally often
    # Only columns 0 to 2 have all neighbours inside: steps of 10 to the right and 0 down.
    assert average_gradient(image, "forward", inside)[0] == pytest.approx(np.sqrt(50))
    assert np.isnan(entropy_bits(image, np.zeros_like(inside))[0])


def test_a_field_of_view_too_small_for_a_measure_gives_the_reason():
    batch = replace(make_batch(100), inner_fov=np.zeros_like(LEFT_HALF))
    for family in (Contrast(), Piqe(), Niqe()):
        for name, scores in family.score(batch).items():
            assert np.isnan(scores.values[0]), name
            assert scores.notes[0], name
    assert Contrast().score(batch)["entropy"].notes == ("the field of view is empty",)


def test_true_negatives_are_counted_inside_alone():
    empty = np.zeros_like(LEFT_HALF)
    label = empty.copy()
    label[0, :, :16] = True
    batch = replace(make_batch(100), mask=empty, label=label, probability=np.zeros((1, SIDE, SIDE), np.uint8))
    assert Masks().score(batch)["acc"].values[0] == 0.75  # 16 of 64 columns are missed
    assert Vessels().score(replace(batch, mask=label))["vessel_share"].values[0] == 25.0


def test_only_whole_blocks_count():
    inside = np.zeros((200, 300), bool)
    inside[:192, 96:288] = True
    assert find_whole_blocks(inside) == (1, 2, 4, 5)
    assert find_whole_blocks(inside[:90, :90]) == ()
    scores = Niqe().score(make_batch(100))["niqe"]
    assert np.isnan(scores.values[0])
    assert "the field of view of 128 x 128 holds 0 blocks" in scores.notes[0]


def test_piqe_of_the_blocks_inside_is_that_of_the_cut_picture():
    picture = noise(9)
    picture[..., 64:] = 255 - picture[..., 64:] // 2
    inside = np.zeros_like(LEFT_HALF)
    inside[..., :64] = True
    # The filter reaches three pixels over the cut, so the two agree closely, not exactly.
    assert piqe(picture, inside)[0] == pytest.approx(piqe(picture[..., :64])[0], abs=1.0)
    assert Piqe().score(make_batch(100))["piqe"].values[0] >= 0


def test_colour_truth_is_that_of_all_channels_inside():
    image = np.full((1, 32, 32, 3), 100, np.uint8)
    clean = image.copy()
    clean[..., 0] += 10  # one of three channels is off by 10 everywhere
    clean[:, :, 16:] = 0  # and all is off outside
    fov = np.zeros((1, 32, 32), bool)
    fov[:, :, :16] = True
    grey = image[..., 0]
    batch = ScoringBatch(image=grey, clean=grey, image_rgb=image, clean_rgb=clean, fov=fov, inner_fov=fov)
    found = FullReference().score(batch)
    assert found["psnr"].values[0] == pytest.approx(10 * np.log10(255**2 / (100 / 3)))
    assert np.isnan(found["psnr_affine"].values[0])
    assert Colour().score(batch)["psnr_frame"].values[0] == pytest.approx(
        10 * np.log10(255**2 / ((100 / 3 + 100**2) / 2))
    )


def test_the_largest_square_of_a_disc_and_of_a_frame():
    y, x = np.ogrid[-50:51, -50:51]
    rows, columns = find_inscribed_square(np.hypot(y, x) <= 40)
    assert (rows.stop - rows.start, columns.stop - columns.start) == (57, 57)  # 40 / sqrt(2) = 28.3
    assert (rows.start + rows.stop - 1, columns.start + columns.stop - 1) == (100, 100)
    assert find_inscribed_square(np.ones((7, 9), bool))[0] == slice(0, 7)


def test_the_share_of_vessels_is_that_of_the_field_of_view_and_an_empty_one_has_none():
    mask, field = np.zeros((3, 2, 4), bool), np.ones((3, 2, 4), bool)
    mask[0, 0, :3], mask[1] = True, True
    field[0, :, 3], field[2] = False, False
    found = Vessels().score(ScoringBatch(np.zeros(mask.shape, np.uint8), mask=mask, fov=field))["vessel_share"]
    assert found.values.tolist() == pytest.approx([50.0, 100.0, np.nan], nan_ok=True)
    assert found.notes == ("", "", "the field of view is empty")


def test_colour_truth_without_a_field_of_view_is_that_of_all_channels_of_the_frame():
    grey, colour = np.full((1, 12, 12), 90, np.uint8), np.full((1, 12, 12, 3), 90, np.uint8)
    shifted = colour + np.array([6, 0, 0], np.uint8)
    found = FullReference().score(ScoringBatch(grey, clean=grey, image_rgb=shifted, clean_rgb=colour))
    assert found["psnr"].values[0] == pytest.approx(10 * np.log10(255**2 / 12))
    assert found["psnr_affine"].notes == ("an affine map of the clean image: PSNR is infinite",)
    assert found["ssim"].values[0] < 1
