"""Centreline agreement, morphometry and closeness to the truth on drawn nerves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from metrics.branches import branch_points, branches, graph, without_spurs
from metrics.centreline import Centreline
from metrics.morphometry import Morphometry, morphometry
from metrics.skeleton import length, near, skeletons
from metrics.truth import Truth, psnr
from sspbench.contract import ScoringBatch
from sspbench.errors import UserError

FAST = settings(max_examples=60, deadline=None, derandomize=True)


def drawing(*strips, size=200):
    mask = np.zeros((size, size), bool)
    for rows, columns in strips:
        mask[slice(*rows), slice(*columns)] = True
    return mask


def lines(text):
    return np.array([[char == "#" for char in row] for row in text.split()])


NERVE = drawing(((50, 55), (10, 190)))
CROSS = drawing(((50, 53), (10, 190)), ((20, 150), (100, 103)))
GREY = np.full((1, 200, 200), 100, np.uint8)


def score(family, mask, label, **more):
    return family.score(ScoringBatch(GREY, mask=mask[None], label=None if label is None else label[None], **more))


def test_a_corner_is_not_counted_twice():
    assert length(lines("##. .#. .#.")) == 3
    assert length(lines("#.. .#. ..#")) == pytest.approx(2 * 2**0.5)


def test_a_tee_has_one_branch_point_and_three_branches():
    tee = graph(lines("...#... ...#... ####### ......."))
    assert branch_points(tee) == 1
    parts = branches(tee)
    assert sorted(parts.length) == [2, 3, 3]
    assert sorted(parts.chord) == [2, 3, 3]
    assert parts.free_ends.tolist() == parts.joints.tolist() == [1, 1, 1]


def test_branch_points_that_touch_are_one():
    assert branch_points(graph(lines("..#.... ####### ...#..."))) == 1
    assert branch_points(graph(lines("..#.... ####### .....#."))) == 2


def test_a_ring_has_no_ends():
    ring = branches(graph(lines(".##. #..# #..# .##.")))
    assert len(ring.length) == 1
    assert np.isnan(ring.chord).all()
    assert ring.length[0] == pytest.approx(4 + 4 * 2**0.5)


def test_short_side_branches_go_and_short_nerves_stay():
    picture = lines("...#...... .......... .....#.... .....#.... ##########")
    kept = without_spurs(picture, 3.0)
    assert kept[4].all()
    assert kept[0, 3]
    assert not kept[2:4].any()
    assert (without_spurs(picture, 2.0) == picture).all()


@FAST
@given(arrays(bool, (12, 15)))
def test_branches_hold_the_whole_length(picture):
    thin = skeletons(picture[None])[0]
    skeleton = graph(thin)
    between_points = skeleton.sizes[(skeleton.degree[skeleton.links] >= 3).all(axis=1)].sum()
    assert branches(skeleton).length.sum() + between_points == pytest.approx(length(thin))
    assert length(thin) == pytest.approx(length(thin.T)) == pytest.approx(length(thin[::-1]))


def test_near_is_a_euclidean_disc():
    dot = np.zeros((11, 11), bool)
    dot[5, 5] = True
    distance = np.hypot(*(np.indices(dot.shape) - 5))
    for tolerance in (0, 1, 2.5, 3, 4.2):
        assert (near(dot, tolerance) == (distance <= tolerance)).all()


def test_length_and_width_of_a_straight_nerve():
    # 200 px are 400 um: the nerve is 10 um wide, and thinning takes about two pixels off either end.
    found = morphometry(NERVE, 400.0)
    assert found["cnfl"] == pytest.approx(180 * 2e-3 / 0.16, rel=0.03)
    assert found["nerve_width"] == pytest.approx(10, rel=0.03)
    assert found["tortuosity"] == pytest.approx(1, abs=0.01)
    assert found["cnfd"] == pytest.approx(1 / 0.16)
    assert found["cnbd"] == 0


def test_a_crossing_is_one_branch_point_of_one_nerve():
    found = morphometry(CROSS, 400.0)
    assert found["cnbd"] == found["cnfd"] == pytest.approx(1 / 0.16)


def test_half_the_field_is_twice_the_density():
    wide, narrow = morphometry(CROSS, 400.0), morphometry(CROSS, 200.0)
    assert narrow["cnfl"] == pytest.approx(2 * wide["cnfl"])
    assert narrow["cnbd"] == pytest.approx(4 * wide["cnbd"])
    assert narrow["nerve_width"] == pytest.approx(wide["nerve_width"] / 2)


def test_short_nerves_do_not_count_as_fibres():
    both = NERVE | drawing(((120, 123), (20, 35)))
    assert morphometry(both, 400.0)["cnfd"] == pytest.approx(1 / 0.16)
    assert morphometry(both, 400.0, {"nerve_um": 20})["cnfd"] == pytest.approx(2 / 0.16)


def test_morphometry_errors_are_zero_for_the_label_itself_and_symmetric():
    same = score(Morphometry(), CROSS, CROSS)
    assert all(scores.values[0] == 0 for name, scores in same.items() if name.endswith("_error"))
    one, other = score(Morphometry(), NERVE, CROSS), score(Morphometry(), CROSS, NERVE)
    assert one["cnfl_error"].values == pytest.approx(other["cnfl_error"].values)
    assert one["cnfl_error"].values[0] > 1


@pytest.mark.parametrize("mask", [np.zeros((200, 200), bool), np.ones((200, 200), bool), NERVE])
@pytest.mark.parametrize("label", [np.zeros((200, 200), bool), np.ones((200, 200), bool), CROSS, None])
def test_every_undefined_nerve_value_says_why(mask, label):
    families = [Morphometry(), Truth()] + ([] if label is None else [Centreline()])
    for family in families:
        for name, scores in score(family, mask, label, clean=GREY).items():
            notes = scores.notes or ("",)
            assert bool(notes[0]) == bool(np.isnan(scores.values[0])), name


def test_an_empty_mask_has_no_nerves_but_also_no_width():
    found = score(Morphometry(), np.zeros((200, 200), bool), NERVE)
    assert [found[name].values[0] for name in ("cnfl", "cnfd", "cnbd")] == [0, 0, 0]
    assert np.isnan([found[name].values[0] for name in ("nerve_width", "tortuosity", "nerve_width_error")]).all()


def test_a_shift_within_the_tolerance_costs_nothing():
    for shift, sensitivity in ((3, 1.0), (4, 0.0)):
        found = score(Centreline(), np.roll(NERVE, shift, 0), NERVE)
        assert found["centreline_sen"].values[0] == sensitivity
        assert found["centreline_fdr"].values[0] == 1 - sensitivity
    assert score(Centreline({"tolerance_px": 4}), np.roll(NERVE, 4, 0), NERVE)["centreline_sen"].values[0] == 1


def test_cldice():
    empty = np.zeros_like(NERVE)
    expected = [((NERVE, NERVE), 1), ((empty, empty), 1), ((NERVE, empty), 0), ((empty, NERVE), 0)]
    for pair, value in expected:
        assert score(Centreline(), *pair)["cldice"].values[0] == value
    half = NERVE & drawing(((0, 200), (0, 100)))
    assert score(Centreline(), half, NERVE)["cldice"].values[0] == pytest.approx(2 / 3, rel=0.03)


def test_hallucinated_and_lost_length():
    found = score(Truth(), CROSS, NERVE, clean=GREY)
    assert found["lost"].values[0] == 0
    # Of the 130 px across, 7 lie within 3 px of the true nerve.
    assert found["hallucinated"].values[0] == pytest.approx(100 * 121 / 176, abs=4)
    other = score(Truth(), NERVE, CROSS, clean=GREY)
    assert other["hallucinated"].values[0] == pytest.approx(0, abs=1)
    assert other["lost"].values[0] > 35


def test_closeness_to_the_clean_image():
    clean = np.random.default_rng(0).integers(0, 250, (3, 32, 32), dtype=np.uint8)
    images = clean + np.array([0, 1, 5], np.uint8)[:, None, None]
    found = Truth().score(ScoringBatch(images, clean=clean))
    assert np.isnan(found["psnr"].values[0])
    assert "identical" in found["psnr"].notes[0]
    assert found["psnr"].values[1:] == pytest.approx([20 * np.log10(255), 20 * np.log10(51)])
    assert psnr(clean, clean).tolist() == [np.inf] * 3
    assert found["ssim"].values[0] == pytest.approx(1)
    assert found["ssim"].values[1] > found["ssim"].values[2]
    assert found["lost"].notes == ("nothing was segmented from this image",) * 3
    tiny = Truth().score(ScoringBatch(images[:, :8, :8], clean=clean[:, :8, :8]))
    assert np.isnan(tiny["ssim"].values).all()
    assert all(tiny["ssim"].notes)


@pytest.mark.parametrize(
    ("family", "options"),
    [(Truth, {"tolerance": 2}), (Centreline, {"tolerance_px": "3"}), (Morphometry, {"nerve_um": -1})],
)
def test_wrong_options_are_refused(family, options):
    with pytest.raises(UserError, match=next(iter(options))):
        family(options)
