"""Centreline agreement, morphometry and closeness to the truth on drawn nerves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from metrics.centreline import Centreline
from metrics.lengths import Hallucination
from metrics.morphometry import Morphometry, measure_morphometry
from metrics.nerves.branches import build_skeleton_graph, count_branch_points, cut_into_branches, remove_spurs
from metrics.nerves.path_length import find_bridges, measure_path_length
from metrics.nerves.skeleton import mark_pixels_near, measure_step_length, skeletonize_masks
from metrics.truth import FullReference, psnr, psnr_affine, ssim
from sspbench.contract import ScoringBatch
from sspbench.errors import UserError
from sspbench.plugins.metric_families import load_metric_family

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
    assert measure_step_length(lines("##. .#. .#.")) == 3
    assert measure_step_length(lines("#.. .#. ..#")) == pytest.approx(2 * 2**0.5)


def test_a_tee_has_one_branch_point_and_three_branches():
    tee = build_skeleton_graph(lines("...#... ...#... ####### ......."))
    assert count_branch_points(tee) == 1
    parts = cut_into_branches(tee)
    assert sorted(parts.length) == [2, 3, 3]
    assert sorted(parts.chord) == [2, 3, 3]
    assert parts.free_ends.tolist() == parts.joints.tolist() == [1, 1, 1]


def test_branch_points_that_touch_are_one():
    assert count_branch_points(build_skeleton_graph(lines("..#.... ####### ...#..."))) == 1
    assert count_branch_points(build_skeleton_graph(lines("..#.... ####### .....#."))) == 2


def test_a_ring_has_no_ends():
    ring = cut_into_branches(build_skeleton_graph(lines(".##. #..# #..# .##.")))
    assert len(ring.length) == 1
    assert np.isnan(ring.chord).all()
    assert ring.length[0] == pytest.approx(4 + 4 * 2**0.5)


def test_short_side_branches_go_and_short_nerves_stay():
    picture = lines("...#...... .......... .....#.... .....#.... ##########")
    kept = remove_spurs(picture, 3.0)
    assert kept[4].all()
    assert kept[0, 3]
    assert not kept[2:4].any()
    assert (remove_spurs(picture, 2.0) == picture).all()


@FAST
@given(arrays(bool, (12, 15)))
def test_branches_hold_the_whole_length(picture):
    thin = skeletonize_masks(picture[None])[0]
    skeleton = build_skeleton_graph(thin)
    between_points = skeleton.sizes[(skeleton.degree[skeleton.links] >= 3).all(axis=1)].sum()
    assert cut_into_branches(skeleton).length.sum() + between_points == pytest.approx(measure_step_length(thin))
    assert (
        measure_step_length(thin)
        == pytest.approx(measure_step_length(thin.T))
        == pytest.approx(measure_step_length(thin[::-1]))
    )


def test_near_is_a_euclidean_disc():
    dot = np.zeros((11, 11), bool)
    dot[5, 5] = True
    distance = np.hypot(*(np.indices(dot.shape) - 5))
    for tolerance in (0, 1, 2.5, 3, 4.2):
        assert (mark_pixels_near(dot, tolerance) == (distance <= tolerance)).all()


def test_length_and_width_of_a_straight_nerve():
    # 200 px are 400 um: the nerve is 10 um wide, and thinning takes about two pixels off either end.
    found = measure_morphometry(NERVE, 400.0)
    assert found["cnfl"] == pytest.approx(180 * 2e-3 / 0.16, rel=0.03)
    assert found["nerve_width"] == pytest.approx(10, rel=0.03)
    assert found["tortuosity"] == pytest.approx(1, abs=0.01)
    assert found["nerve_count"] == pytest.approx(1 / 0.16)
    assert found["cnbd"] == 0


def _drawn(distance, size=400, width=5.0):
    """The centreline of what lies within half a width of a curve, by its distance function."""
    rows, columns = np.indices((size, size)).astype(np.float64)
    return skeletonize_masks((distance(rows, columns) <= width / 2)[None])[0]


def test_length_has_no_preferred_direction():
    errors = []
    for angle in np.deg2rad(np.arange(0, 180, 7.5)):
        along = np.array([np.sin(angle), np.cos(angle)])

        def distance(y, x, along=along):
            beyond = np.abs((y - 200) * along[0] + (x - 200) * along[1]) > 150
            return np.where(beyond, np.inf, np.abs((y - 200) * along[1] - (x - 200) * along[0]))

        line = _drawn(distance)
        pixels = np.argwhere(line)
        first, last = pixels[np.argmin(pixels @ along)], pixels[np.argmax(pixels @ along)]
        errors.append(measure_path_length(line) / np.hypot(*(last - first)) - 1)
    assert abs(np.mean(errors)) < 0.005
    # Thinning itself bends some ends; steps of 1 and sqrt(2) are 5 % too long on average.
    assert np.max(np.abs(errors)) < 0.02


def test_length_of_circles_and_waves():
    rings = [_drawn(lambda y, x, r=r: np.abs(np.hypot(y - 200.3, x - 199.8) - r)) for r in (15, 20, 30, 50, 80, 120)]
    errors = [
        measure_path_length(ring) / (2 * np.pi * r) - 1
        for ring, r in zip(rings, (15, 20, 30, 50, 80, 120), strict=True)
    ]
    assert abs(np.mean(errors)) < 0.01
    assert np.max(np.abs(errors)) < 0.015
    waves = []
    for height, period in ((5, 80), (10, 80), (10, 60), (15, 120), (20, 100)):
        x = np.linspace(20, 380, 20001)
        y = 200 + height * np.sin(2 * np.pi * x / period)
        picture = np.zeros((400, 400), bool)
        picture[np.round(y).astype(int), np.round(x).astype(int)] = True
        waves.append(
            measure_path_length(skeletonize_masks(picture[None])[0]) / np.hypot(np.diff(x), np.diff(y)).sum() - 1
        )
    assert abs(np.mean(waves)) < 0.01
    assert np.max(np.abs(waves)) < 0.015


@pytest.mark.parametrize("angle", [0, 10, 22.5, 30, 45, 67.5])
def test_a_straight_nerve_has_tortuosity_one_in_every_direction(angle):
    along = np.array([np.sin(np.deg2rad(angle)), np.cos(np.deg2rad(angle))])
    y, x = np.indices((400, 400)) - 200
    mask = (np.abs(y * along[1] - x * along[0]) <= 2.5) & (np.abs(y * along[0] + x * along[1]) <= 150)
    assert measure_morphometry(mask, 400.0)["tortuosity"] == pytest.approx(1, abs=0.015)


def test_breaking_a_nerve_does_not_make_nerves():
    whole = drawing(((50, 55), (10, 390)), ((200, 205), (10, 390)), size=400)
    broken = whole.copy()
    for gap in range(40, 380, 34):
        broken[:, gap : gap + 6] = False
    found, pieces = measure_morphometry(whole, 400.0), measure_morphometry(broken, 400.0)
    assert found["nerve_count"] == pieces["nerve_count"] == pytest.approx(2 / 0.16)
    assert pieces["cnfl"] < found["cnfl"]
    assert measure_morphometry(broken, 400.0, {"gap_um": 0, "nerve_um": 10})["nerve_count"] > 10 / 0.16


def test_only_ends_that_face_each_other_are_bridged():
    side_by_side = build_skeleton_graph(
        skeletonize_masks(drawing(((50, 53), (10, 190)), ((60, 63), (10, 190)))[None])[0]
    )
    in_line = build_skeleton_graph(skeletonize_masks(drawing(((50, 53), (10, 90)), ((50, 53), (100, 190)))[None])[0])
    assert len(find_bridges(side_by_side, 20)) == 0
    assert len(find_bridges(in_line, 20)) == 1
    assert len(find_bridges(in_line, 5)) == 0


def test_a_crossing_is_one_branch_point_of_one_nerve():
    found = measure_morphometry(CROSS, 400.0)
    assert found["cnbd"] == found["nerve_count"] == pytest.approx(1 / 0.16)


def test_half_the_field_is_twice_the_density():
    wide, narrow = measure_morphometry(CROSS, 400.0), measure_morphometry(CROSS, 200.0)
    assert narrow["cnfl"] == pytest.approx(2 * wide["cnfl"])
    assert narrow["cnbd"] == pytest.approx(4 * wide["cnbd"])
    assert narrow["nerve_width"] == pytest.approx(wide["nerve_width"] / 2)


def test_short_nerves_do_not_count_as_fibres():
    both = NERVE | drawing(((120, 123), (20, 35)))
    assert measure_morphometry(both, 400.0)["nerve_count"] == pytest.approx(1 / 0.16)
    assert measure_morphometry(both, 400.0, {"nerve_um": 20})["nerve_count"] == pytest.approx(2 / 0.16)


def test_morphometry_errors_are_zero_for_the_label_itself_and_symmetric():
    same = score(Morphometry(), CROSS, CROSS)
    assert all(scores.values[0] == 0 for name, scores in same.items() if name.endswith("_error"))
    one, other = score(Morphometry(), NERVE, CROSS), score(Morphometry(), CROSS, NERVE)
    assert one["cnfl_error"].values == pytest.approx(other["cnfl_error"].values)
    assert one["cnfl_error"].values[0] > 1


@pytest.mark.parametrize("mask", [np.zeros((200, 200), bool), np.ones((200, 200), bool), NERVE])
@pytest.mark.parametrize("label", [np.zeros((200, 200), bool), np.ones((200, 200), bool), CROSS, None])
def test_every_undefined_nerve_value_says_why(mask, label):
    families = [Morphometry()] + ([] if label is None else [Centreline(), Hallucination()])
    for family in families:
        for name, scores in score(family, mask, label, clean=GREY).items():
            notes = scores.notes or ("",)
            assert bool(notes[0]) == bool(np.isnan(scores.values[0])), name


def test_an_empty_mask_has_no_nerves_but_also_no_width():
    found = score(Morphometry(), np.zeros((200, 200), bool), NERVE)
    assert [found[name].values[0] for name in ("cnfl", "nerve_count", "cnbd")] == [0, 0, 0]
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
    found = score(Hallucination(), CROSS, NERVE)
    assert found["lost"].values[0] == 0
    # Of the 130 px across, 7 lie within 3 px of the true nerve.
    assert found["hallucinated"].values[0] == pytest.approx(100 * 121 / 176, abs=4)
    other = score(Hallucination(), NERVE, CROSS)
    assert other["hallucinated"].values[0] == pytest.approx(0, abs=1)
    assert other["lost"].values[0] > 35


def test_closeness_to_the_clean_image():
    clean = np.random.default_rng(0).integers(0, 250, (3, 32, 32), dtype=np.uint8)
    images = clean + np.array([0, 1, 5], np.uint8)[:, None, None]
    found = FullReference().score(ScoringBatch(images, clean=clean))
    assert np.isnan(found["psnr"].values[0])
    assert found["psnr"].notes == ("identical to the clean image: PSNR is infinite", "", "")
    assert found["psnr"].values[1:] == pytest.approx([20 * np.log10(255), 20 * np.log10(51)])
    assert psnr(clean, clean).tolist() == [np.inf] * 3
    assert found["ssim"].values[0] == pytest.approx(1)
    assert found["ssim"].values[1] > found["ssim"].values[2]
    assert np.isfinite(ssim(images[1:, :11, :11], clean[1:, :11, :11])).all()
    tiny = FullReference().score(ScoringBatch(images[:, :10, :11], clean=clean[:, :10, :11]))
    assert np.isnan(tiny["ssim"].values).all()
    assert all(tiny["ssim"].notes)


def test_affine_psnr_is_that_of_an_independent_least_squares_fit():
    generator = np.random.default_rng(3)
    clean = generator.integers(0, 256, (4, 24, 31), dtype=np.uint8)
    images = np.clip(0.4 * clean + 60 + generator.normal(0, 9, clean.shape), 0, 255).astype(np.uint8)
    images[3] = 17
    for image, true, found in zip(images, clean, psnr_affine(images, clean), strict=True):
        design = np.column_stack([image.ravel(), np.ones(image.size)]).astype(float)
        fitted = design @ np.linalg.lstsq(design, true.ravel().astype(float), rcond=None)[0]
        assert found == pytest.approx(10 * np.log10(255**2 / np.mean((fitted - true.ravel()) ** 2)), abs=1e-9)
    assert (psnr_affine(images, clean) >= psnr(images, clean)).all()
    assert psnr_affine(clean[:3], images[:3]) != pytest.approx(psnr_affine(images[:3], clean[:3]), abs=0.1)
    for field in (None, np.ones(clean.shape, bool)):
        scored = FullReference().score(ScoringBatch(images, clean=clean, fov=field))
        assert scored["psnr_affine"].values == pytest.approx(psnr_affine(images, clean), abs=1e-9)


def test_affine_psnr_sees_no_change_of_brightness_or_contrast():
    clean = np.random.default_rng(4).integers(0, 100, (1, 16, 16), dtype=np.uint8)
    found = FullReference().score(ScoringBatch(2 * clean + 30, clean=clean))["psnr_affine"]
    assert np.isnan(found.values[0])
    assert "affine" in found.notes[0]


@pytest.mark.parametrize(
    ("family", "options"),
    [("lengths", {"tolerance": 2}), ("centreline", {"tolerance_px": "3"}), ("morphometry", {"nerve_um": -1})],
)
def test_wrong_options_are_refused(family, options):
    with pytest.raises(UserError, match=next(iter(options))):
        load_metric_family(family, options)
