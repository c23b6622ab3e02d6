"""The search for near copies decides at its limits: votes, pairs, distances, overlap, correlation and movement."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from sspbench.errors import UserError
from sspbench.images.near_copies import (
    NearCopy,
    _correlate,
    _correlate_registered,
    _describe,
    _Described,
    _even_out,
    _FeatureIndex,
    _load,
    _Match,
    _measure_movement,
    _move,
    _register,
    find_near_copies,
)
from tests.images.test_near_copies import draw, save


def shift_by(columns, rows):
    return np.array([[1.0, 0, columns], [0, 1, rows]])


def make_bits(count, seed=0):
    """Return features of random bits: two differ in about 128 of 256."""
    return np.random.default_rng(seed).integers(0, 256, size=(count, 32), dtype=np.uint8)


def flip(bits, places):
    """Return one feature (1, 32) with the bits at these places inverted."""
    single = np.unpackbits(bits)
    single[places] ^= 1
    return np.packbits(single)[None]


def describe_by_hand(places, bits, side=128):
    return _Described(np.zeros((side, side), np.uint8), np.asarray(places, np.float32), bits)


def place_on_circle(count, radius=40.0):
    angles = np.arange(count) * 2 * math.pi / count
    return 64 + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


@pytest.mark.parametrize(
    ("correlation", "movement", "is_copy", "is_still"),
    [
        (0.8, math.inf, True, False),
        (0.799, math.inf, False, False),
        (0.8, 0.3, True, False),
        (0.6, 0.17, True, True),
        (0.6, 0.171, False, False),
        (0.9, 0.0, True, True),
    ],
)
def test_a_copy_correlates_by_080_or_moves_by_017_px(correlation, movement, is_copy, is_still):
    copy = NearCopy(Path("a.png"), Path("b.png"), correlation, movement)
    assert (copy.is_copy, copy.is_still) == (is_copy, is_still)


def make_index(*bits):
    return _FeatureIndex([describe_by_hand(np.zeros((len(one), 2)), one) for one in bits])


def test_one_equal_feature_gives_the_twelve_votes_that_a_candidate_needs():
    assert make_index(make_bits(1, 1), make_bits(1, 2)).find_candidates(make_bits(1, 2)) == [1]
    assert make_index(make_bits(1, 1)).find_candidates(make_bits(1, 3)) == []


def test_images_without_features_stand_among_others_or_alone():
    flat = _describe(np.full((64, 64), 90, np.uint8))
    assert _FeatureIndex([flat, describe_by_hand([[0, 0]], make_bits(1))]).find_candidates(make_bits(1)) == [1]
    assert _FeatureIndex([]).find_candidates(np.zeros((1, 32), np.uint8)) == []


def test_a_feature_with_one_other_bit_is_found_if_no_key_holds_that_bit():
    """Of 256 bits each of 12 keys leaves out 236: 256 (236/256)**12 = 96.5 bits are in none, 98 in just one."""
    index = make_index(make_bits(1))
    found = [place for place in range(256) if index.find_candidates(flip(make_bits(1)[0], [place]))]
    assert 75 < len(found) < 120


def test_candidates_are_the_three_images_that_share_most():
    bits = make_bits(6)
    index = make_index(*(bits[: count + 1] for count in (1, 4, 0, 3, 2)))
    assert index.find_candidates(bits) == [1, 3, 4]


@pytest.mark.parametrize(("images", "found"), [(64, [0, 1, 2]), (65, [])])
def test_a_feature_of_more_than_64_images_counts_for_none(images, found):
    assert make_index(*[make_bits(1)] * images).find_candidates(make_bits(1)) == found


def test_ten_pairs_give_the_transform_and_nine_none():
    """Scaled by 1.25, turned by the angle of 3-4-5 triangle, shifted by (7, -20); the others are in another order."""
    bits, places = make_bits(10), place_on_circle(10)
    transform = np.array([[1.0, -0.75, 7], [0.75, 1.0, -20]])
    moved = places @ transform[:, :2].T + transform[:, 2]
    mine = describe_by_hand(places, bits)
    assert _register(mine, describe_by_hand(moved[::-1], bits[::-1])) == pytest.approx(transform, abs=1e-3)
    assert _register(mine, describe_by_hand(moved[:9], bits[:9])) is None


def test_features_are_pairs_up_to_70_differing_bits():
    bits, places = make_bits(10), place_on_circle(10)
    for differing, is_found in ((70, True), (71, False)):
        other = np.concatenate([bits[:9], flip(bits[9], range(differing))])
        assert (_register(describe_by_hand(places, bits), describe_by_hand(places, other)) is not None) is is_found


def test_a_feature_is_in_one_pair_only():
    bits, places = make_bits(9), place_on_circle(9)
    mine = describe_by_hand(np.concatenate([places, places[:1]]), np.concatenate([bits, bits[:1]]))
    assert _register(mine, describe_by_hand(places, bits)) is None


@pytest.mark.parametrize(("error", "is_found"), [(2.9, True), (3.1, False)])
def test_the_transform_maps_ten_features_to_within_three_pixels(error, is_found):
    """Two features of one place are off to both sides: no transform brings both nearer."""
    bits = make_bits(10)
    places = np.concatenate([place_on_circle(8), [[64, 64], [64, 64]]])
    theirs = places.copy()
    theirs[8:, 0] += error, -error
    found = _register(describe_by_hand(places, bits), describe_by_hand(theirs, bits))
    assert (found is not None) is is_found


def test_a_moved_image_lies_where_the_transform_puts_it():
    moved, inside = _move(np.array([[1, 2], [3, 4]], np.float32), shift_by(2, 1), (3, 5))
    assert moved.tolist() == [[0, 0, 0, 0, 0], [0, 0, 1, 2, 0], [0, 0, 3, 4, 0]]
    assert inside.tolist() == (moved > 0).tolist()


def draw_grain(rows, columns):
    random = np.random.default_rng(5)
    grain = cv2.GaussianBlur(random.normal(size=(rows, columns)).astype(np.float32) * 200, (0, 0), 2)
    return np.clip(128 + grain, 0, 255).astype(np.uint8)


def cut_overlapping(rows, columns, overlap):
    """Return two pictures of one scene with so many common columns, and the transform of one onto the other."""
    scene, shift = draw_grain(rows, 2 * columns - overlap), columns - overlap
    empty = np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)
    return _Described(scene[:, shift:], *empty), _Described(scene[:, :columns], *empty), shift_by(shift, 0)


def test_pictures_correlate_that_share_a_tenth():
    """Of 100 columns 10 are just a tenth."""
    assert _correlate_registered(*cut_overlapping(60, 100, 10)) > 0.8
    assert _correlate_registered(*cut_overlapping(60, 100, 9)) == 0.0


@pytest.mark.parametrize(("overlap", "is_known"), [(34, True), (33, False)])
def test_movement_is_known_of_a_tenth_seven_pixels_from_the_border(overlap, is_known):
    """(34 - 14) (28 - 14) of 28 by 100 pixels are just a tenth."""
    mine, other, transform = cut_overlapping(28, 100, overlap)
    movement = _measure_movement(_Match(0, mine, transform, 1.0), other)
    assert movement < 0.17 if is_known else movement == math.inf


def test_movement_is_unknown_of_pictures_that_cannot_be_registered():
    mine, other, transform = cut_overlapping(64, 64, 64)
    flat = _Described(np.full((64, 64), 90, np.uint8), mine.places, mine.bits)
    assert _measure_movement(_Match(0, flat, transform, 1.0), other) == math.inf


@pytest.mark.parametrize("direction", [0, 1])
def test_movement_is_the_same_along_rows_and_columns(direction):
    scene, grid = draw_grain(128, 128), np.mgrid[:128, :128].astype(np.float32)
    frame = cv2.remap(scene, grid[1] + np.sin(grid[direction] / 7), grid[0], cv2.INTER_CUBIC)
    empty = np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)
    upright, lying = (
        _measure_movement(_Match(0, _Described(one, *empty), shift_by(0, 0), 1.0), _Described(other, *empty))
        for one, other in ((frame, scene), (frame.T.copy(), scene.T.copy()))
    )
    assert upright > 0.17 and lying == pytest.approx(upright, rel=0.03)


def test_the_correlation_is_pearsons():
    rising, flat = np.array([0.0, 0.25, 0.5]), np.ones(3)
    assert _correlate(rising, np.array([1.0, 1.5, 1.25])) == pytest.approx(0.5)
    assert [_correlate(rising, flat), _correlate(flat, rising)] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("period", "peak"),
    [
        # Nothing of 8 px remains in means over 8 px: 2 sin / (2 / sqrt(2) + 2), smoothed by exp(-(2 pi / 8)**2 / 2).
        (8, 2 / (math.sqrt(2) + 2) * math.exp(-((math.pi / 4) ** 2) / 2)),
        # Of 40 px the share exp(-(2 pi 8 / 40)**2 / 2) = 0.454 remains, of its square (20 px) 0.0425 at the peak.
        (40, 1.092 / (1.092 * math.sqrt((1 + 0.0425) / 2) + 2) * math.exp(-((math.pi / 20) ** 2) / 2)),
    ],
)
def test_waves_are_evened_out_as_the_formula_says(period, peak):
    waves = np.tile(2 * np.sin(np.arange(241) * 2 * math.pi / period), (81, 1))
    for evened in (_even_out(100 + waves)[20:60, 80:160], _even_out(100 + waves.T)[80:160, 20:60]):
        assert [evened.max(), -evened.min()] == pytest.approx([peak, peak], rel=0.015)


def test_corners_are_the_best_150_whose_grey_changes_by_more_than_five():
    steps = np.kron(np.random.default_rng(1).integers(0, 2, size=(12, 12)), np.ones((10, 10), int))
    assert len(_describe((100 + 5 * steps).astype(np.uint8)).bits) == 0
    assert len(_describe((100 + 6 * steps).astype(np.uint8)).bits) > 0
    rich = _describe(draw(0))
    assert cv2.getNumThreads() == 1
    assert (rich.places.shape, rich.bits.shape) == ((150, 2), (150, 32))


def test_small_pictures_are_enlarged_smoothly(tmp_path):
    """Between 0 and 200 a doubled picture has a quarter and three quarters."""
    flat, tall = save(tmp_path, [np.tile(np.repeat(np.uint8([0, 200]), 64), (2, 1)), np.zeros((500, 1), np.uint8)])
    assert np.unique(_load(flat)).tolist() == [0, 50, 150, 200]
    assert _load(tall).shape == (256, 1)


def test_a_file_that_is_no_image_is_named(tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    with pytest.raises(UserError, match="cannot be read"):
        find_near_copies([broken], [])


def replace_columns(share):
    """Return a picture whose right columns show another: so much less it correlates."""
    image = draw(3).copy()
    first = round(len(image) * (1 - share))
    image[:, first:] = draw(50)[:, first:]
    return image


def test_pictures_that_correlate_by_055_are_found(tmp_path):
    searched = save(tmp_path, [replace_columns(0.42), replace_columns(0.48)])
    found = find_near_copies(searched, save(tmp_path / "known", [draw(3)]))
    assert [copy.path for copy in found] == searched[:1]
    assert found[0].correlation == pytest.approx(0.58, abs=0.02)


def test_the_best_of_several_known_images_is_named_with_three_decimals(tmp_path):
    known = save(tmp_path / "known", [replace_columns(0.2), draw(3), replace_columns(0.1)])
    same, partly = find_near_copies(save(tmp_path, [draw(3), replace_columns(0.12)]), known)
    assert (same.known, same.correlation) == (known[1], 1.0) and same.movement_px < 0.03
    assert partly.known == known[2]
    assert [len(str(value)) for value in (partly.correlation, same.movement_px)] == [len("0.123")] * 2
