"""Drawn nerves whose every value is known by hand: agreement of centrelines, lengths, morphometry."""

from __future__ import annotations

import ctypes
import sys

import numpy as np
import pytest

from metrics.centreline import Centreline, cl_dice, share_within
from metrics.lengths import Hallucination, measure_invented_and_lost
from metrics.morphometry import Morphometry, measure_morphometry
from sspbench.contract import ScoringBatch
from sspbench.plugins.metric_families import load_metric_family


def draw(*places, shape=(60, 80)):
    picture = np.zeros(shape, bool)
    for rows, columns in places:
        picture[rows, columns] = True
    return picture


def row_of(row, first, last):
    """The places of a horizontal line of one pixel's width; its length is ``last - first``."""
    return np.full(last - first + 1, row), np.arange(first, last + 1)


def column_of(column, first, last):
    return row_of(column, first, last)[::-1]


def vee(row, column, side):
    """The places of a line that goes down and up again at 45 degrees, in the order of its path."""
    along = np.arange(2 * side + 1)
    return row + side - np.abs(along - side), column + along


def measure_smoothed(rows, columns):
    """The length of a path after eight passes of the kernel (1/4, 1/2, 1/4); its ends stay."""
    path = np.column_stack([rows, columns]).astype(float)
    for _ in range(8):
        inner = [np.convolve(axis, [0.25, 0.5, 0.25], mode="valid") for axis in path.T]
        path[1:-1] = np.column_stack(inner)
    return np.hypot(*np.diff(path, axis=0).T).sum()


@pytest.fixture
def dirty_memory():
    """Have every byte of fresh memory set: a result that is never written would show it instead of an old zero."""
    if not sys.platform.startswith("linux"):
        pytest.skip("mallopt is glibc's")
    set_option = ctypes.CDLL(None).mallopt
    set_option(M_PERTURB, 0x2A)
    yield
    set_option(M_PERTURB, 0)


M_PERTURB = -6
MANY = 100
"""So many copies of a few images that their values are no small block, which would be handed out as it was left."""


# ---- centrelines -------------------------------------------------------------------------------------------------


def test_shares_of_a_line_within_a_region(dirty_memory):
    lines = np.zeros((4, 3, 5), bool)
    lines[0, 1], lines[1, 0, :4], lines[3, 2, 2] = True, True, True
    regions = np.zeros_like(lines)
    regions[0, :, :2], regions[1, 0], regions[2] = True, True, True
    found = share_within(*(np.tile(each, (MANY, 1, 1)) for each in (lines, regions)))
    assert found.tolist() == pytest.approx(MANY * [0.4, 1.0, np.nan, 0.0], nan_ok=True)


def test_cldice_where_precision_and_sensitivity_differ(dirty_memory):
    mask_lines, label_lines = np.zeros((2, 4, 2, 10), bool)
    masks, labels = np.zeros((2, 4, 2, 10), bool)
    # 1 of 4 pixels of the mask's line within the label, 4 of 5 of the label's within the mask.
    mask_lines[0, 0, :4], labels[0, 0, 3] = True, True
    label_lines[0, 1, :5], masks[0, 1, 1:5] = True, True
    # 3 of 3, and 1 of 2.
    mask_lines[1, 0, :3], labels[1, 0, :6] = True, True
    label_lines[1, 1, 4:6], masks[1, 1, 5] = True, True
    # Both are drawn and share nothing; nothing is drawn at all.
    mask_lines[2, 0, 0] = masks[2, 0, 0] = label_lines[2, 1, 9] = labels[2, 1, 9] = True
    wanted = [2 * 0.25 * 0.8 / 1.05, 2 * 0.5 / 1.5, 0.0, 1.0]
    found = cl_dice(*(np.tile(each, (MANY, 1, 1)) for each in (masks, labels, mask_lines, label_lines)))
    assert found.tolist() == pytest.approx(MANY * wanted)


def test_sensitivity_and_false_discovery_of_unequal_lines():
    label = draw(row_of(20, 10, 49), row_of(50, 10, 19))  # 40 + 10 pixels
    mask = draw(row_of(22, 20, 44), row_of(5, 0, 14))  # 25 pixels two rows off, 15 far away
    other = draw(row_of(50, 10, 19))
    batch = ScoringBatch(np.zeros((2, 60, 80), np.uint8), mask=np.stack([mask, other]), label=np.stack([label, label]))
    found = Centreline().score(batch)
    # At two rows' distance a tolerance of 3 px reaches sqrt(5) columns, that is 2, beyond either end.
    assert found["centreline_sen"].values.tolist() == pytest.approx([29 / 50, 10 / 50])
    assert found["centreline_fdr"].values.tolist() == pytest.approx([15 / 40, 0.0])
    assert found["cldice"].values.tolist() == pytest.approx([0.0, 2 * 0.2 / 1.2])
    narrow = Centreline({"tolerance_px": 2}).score(batch)
    assert narrow["centreline_sen"].values.tolist() == pytest.approx([25 / 50, 10 / 50])


# ---- lengths -----------------------------------------------------------------------------------------------------


def test_invented_and_lost_lengths_in_percent_of_the_true_length():
    first_label = draw(row_of(20, 10, 50))  # 40 px long
    first_mask = draw(row_of(20, 10, 30), row_of(40, 5, 25))  # half of it, and 20 px elsewhere
    second_label = draw(row_of(10, 0, 60), column_of(70, 20, 59))  # 60 + 39 px
    second_mask = draw(column_of(70, 20, 59))
    masks, labels = np.stack([first_mask, second_mask]), np.stack([first_label, second_label])
    # Of the first nerve columns 34..50 lie more than 3 px from what was found: 16 px.
    invented, lost = measure_invented_and_lost(masks, labels, 3.0)
    assert invented.tolist() == pytest.approx([100 * 20 / 40, 0.0])
    assert lost.tolist() == pytest.approx([100 * 16 / 40, 100 * 60 / 99])
    batch = ScoringBatch(np.zeros((2, 60, 80), np.uint8), mask=masks, label=labels)
    assert Hallucination().score(batch)["lost"].values.tolist() == pytest.approx(lost.tolist())
    # Within 5 px of the end it is the same nerve: columns 36..50, 14 px.
    found = Hallucination({"tolerance_px": 5}).score(batch)
    assert found["hallucinated"].values.tolist() == pytest.approx([50.0, 0.0])
    assert found["lost"].values.tolist() == pytest.approx([100 * 14 / 40, 100 * 60 / 99])


def test_more_may_be_invented_than_is_true_and_an_empty_label_has_no_share():
    label, empty = draw(row_of(20, 10, 30)), draw()
    mask = draw(row_of(20, 10, 30), row_of(40, 0, 70))
    invented, lost = measure_invented_and_lost(np.stack([mask, mask]), np.stack([label, empty]), 3.0)
    assert invented.tolist() == pytest.approx([350.0, np.nan], nan_ok=True)
    assert lost.tolist() == pytest.approx([0.0, np.nan], nan_ok=True)


def test_the_tolerance_of_three_pixels_reaches_two_columns_beyond_an_end_one_row_off():
    # (1, 3) is sqrt(10) px away: columns 33..50 of 10..50 are lost, 17 px or 18 pixels of 41.
    batch = ScoringBatch(
        np.zeros((1, 60, 80), np.uint8), mask=draw(row_of(21, 10, 30))[None], label=draw(row_of(20, 10, 50))[None]
    )
    assert Hallucination().score(batch)["lost"].values.tolist() == pytest.approx([100 * 17 / 40])
    assert Centreline().score(batch)["centreline_sen"].values.tolist() == pytest.approx([23 / 41])


def test_a_nerve_of_two_pixels_has_a_length_and_a_tolerance_may_be_0():
    pair, apart = draw(row_of(20, 10, 11)), draw(row_of(21, 10, 11))
    batch = ScoringBatch(np.zeros((1, 60, 80), np.uint8), mask=apart[None], label=pair[None])
    found = load_metric_family("lengths", {"tolerance_px": 0}).score(batch)
    assert [found[name].values[0] for name in ("hallucinated", "lost")] == [100.0, 100.0]
    assert load_metric_family("centreline", {"tolerance_px": 0}).score(batch)["centreline_sen"].values[0] == 0.0


# ---- morphometry -------------------------------------------------------------------------------------------------


def test_length_per_area_of_an_oblong_picture():
    # A pixel is 2 um: 0.06 mm of nerve on 0.16 mm by 0.12 mm.
    found = measure_morphometry(draw(row_of(20, 10, 40)), 160.0)
    assert found["cnfl"] == pytest.approx(0.06 / (0.16 * 0.12))
    assert found["nerve_width"] == pytest.approx(31 * 4 / 60)
    assert found["nerve_count"] == pytest.approx(1 / (0.16 * 0.12))
    assert found["tortuosity"] == pytest.approx(1.0)
    assert found["cnbd"] == 0


@pytest.mark.parametrize(("field_um", "branch_points"), [(40.0, 0), (160.0, 1)])
def test_side_branches_are_removed_by_their_length_in_micrometres(field_um, branch_points):
    # A side branch of 8 px: 4 um where a pixel is 0.5 um, 16 um where it is 2 um; those below 10 um go.
    mask = draw(row_of(20, 5, 75), column_of(40, 21, 28))
    found = measure_morphometry(mask, field_um)
    area_mm2 = field_um**2 * 60 / 80 / 1e6
    assert found["cnbd"] == pytest.approx(branch_points / area_mm2)
    assert measure_morphometry(mask, 40.0, {"spur_um": 3})["cnbd"] > 0
    assert measure_morphometry(mask, 160.0, {"spur_um": 17})["cnbd"] == 0


def test_nerves_count_from_fifty_micrometres_on():
    # A pixel is 1 um: 51 pixels are 50 um long, 50 pixels 49 um.
    mask = draw(row_of(10, 5, 55), row_of(50, 5, 54))
    area_mm2 = 80 * 60 / 1e6
    assert measure_morphometry(mask, 80.0)["nerve_count"] == pytest.approx(1 / area_mm2)
    assert measure_morphometry(mask, 80.0, {"nerve_um": 49})["nerve_count"] == pytest.approx(2 / area_mm2)
    assert measure_morphometry(mask, 80.0, {"nerve_um": 51})["nerve_count"] == 0


def test_a_gap_is_bridged_by_its_width_in_micrometres():
    # Seven pixels from end to end: 14 um where a pixel is 2 um, 28 um where it is 4 um; up to 20 um are bridged.
    mask = draw(row_of(10, 5, 30), row_of(10, 37, 75))
    for field_um, nerves in ((160.0, 1), (320.0, 2)):
        area_mm2 = field_um**2 * 60 / 80 / 1e6
        assert measure_morphometry(mask, field_um)["nerve_count"] == pytest.approx(nerves / area_mm2)


def test_tortuosity_weighs_branches_by_their_length_and_leaves_short_ones_out():
    bent, straight, short = vee(5, 5, 15), row_of(40, 10, 70), vee(50, 10, 4)
    mask = draw(bent, straight, short)
    length = measure_smoothed(*bent)
    assert 30 < length < 30 * 2**0.5
    # A pixel is 1 um: chords of 30 and 60 um; the third branch, about 11 um, is shorter than 20 um.
    assert measure_morphometry(mask, 80.0)["tortuosity"] == pytest.approx((length + 60) / 90, rel=1e-9)
    everything = (length + 60 + measure_smoothed(*short)) / 98
    assert measure_morphometry(mask, 80.0, {"branch_um": 5})["tortuosity"] == pytest.approx(everything, rel=1e-9)
    # At half a micrometre a pixel, 20 um are 40 px: only the straight branch is as long.
    assert measure_morphometry(mask, 40.0, {"branch_um": 22})["tortuosity"] == pytest.approx(1.0)


def test_the_lengths_of_all_nerves_are_added():
    found = measure_morphometry(draw(row_of(10, 5, 65), row_of(50, 20, 50)), 80.0)
    area_mm2 = 80 * 60 / 1e6
    assert found["cnfl"] == pytest.approx((0.060 + 0.030) / area_mm2)
    assert found["nerve_width"] == pytest.approx((61 + 31) / 90)
    assert found["nerve_count"] == pytest.approx(1 / area_mm2)


def test_a_gap_and_a_branch_of_exactly_twenty_micrometres_count():
    area_mm2 = 80 * 60 / 1e6
    for start, nerves in ((50, 1), (51, 0)):  # the pieces, 30 and 29 px, are nerves together alone
        mask = draw(row_of(10, 0, 30), row_of(10, start, 79))
        assert measure_morphometry(mask, 80.0)["nerve_count"] == pytest.approx(nerves / area_mm2)
    assert measure_morphometry(draw(row_of(10, 5, 25)), 80.0)["tortuosity"] == pytest.approx(1.0)
    assert np.isnan(measure_morphometry(draw(row_of(10, 5, 24)), 80.0)["tortuosity"])


def test_a_loop_that_ends_where_it_starts_has_no_chord_and_one_that_ends_beside_has():
    # From one pixel of a line around the line's end and back to the next pixel.
    loop = [(20, 30), *[(row, 30) for row in range(19, 10, -1)], *[(10, column) for column in range(29, 5, -1)]]
    loop += [*[(row, 5) for row in range(11, 30)], *[(30, column) for column in range(6, 31)]]
    loop += [*[(row, 31) for row in range(29, 19, -1)]]
    around = tuple(np.array(axis) for axis in zip(*loop, strict=True))
    ring = [row_of(45, 41, 54), row_of(55, 41, 54), column_of(40, 46, 54), column_of(55, 46, 54)]
    mask = draw(row_of(20, 10, 70), around, row_of(50, 10, 40), *ring)
    wanted = (20 + 39 + 30 + measure_smoothed(*around)) / (20 + 39 + 30 + 1)
    assert measure_morphometry(mask, 80.0)["tortuosity"] == pytest.approx(wanted, rel=1e-9)


def test_units_digits_and_limits_of_the_morphometry():
    own = [("cnfl", "mm/mm²", 2), ("nerve_count", "1/mm²", 2), ("cnbd", "1/mm²", 2), ("nerve_width", "µm", 2)]
    own.append(("tortuosity", "", 4))
    wanted = [*own, *((f"{name}_error", unit, decimals) for name, unit, decimals in own)]
    assert [(one.name, one.unit, one.decimals) for one in Morphometry.measures] == wanted
    zero = dict.fromkeys(("spur_um", "nerve_um", "branch_um", "gap_um"), 0)
    assert load_metric_family("morphometry", zero).options == zero
    assert Morphometry().options == {"spur_um": 10, "nerve_um": 50, "branch_um": 20, "gap_um": 20}


def test_a_shape_without_a_long_centreline_has_no_width():
    blob = np.zeros((60, 80), bool)
    blob[10:31, 20:41] = True
    found = measure_morphometry(blob, 80.0)
    assert np.isnan(found["nerve_width"])
    assert np.isnan(found["tortuosity"])


def test_errors_of_several_masks_are_their_own_and_have_no_sign():
    masks = np.stack([draw(row_of(20, 5, 45)), draw(row_of(20, 5, 75))])
    labels = np.stack([draw(row_of(20, 5, 65)), draw(row_of(30, 5, 65))])
    found = Morphometry().score(ScoringBatch(np.zeros(masks.shape, np.uint8), mask=masks, label=labels, field_um=80.0))
    area_mm2 = 80 * 60 / 1e6
    assert found["cnfl"].values.tolist() == pytest.approx([0.040 / area_mm2, 0.070 / area_mm2])
    assert found["cnfl_error"].values.tolist() == pytest.approx([0.020 / area_mm2, 0.010 / area_mm2])
    assert found["nerve_count_error"].values.tolist() == pytest.approx([1 / area_mm2, 0.0])
