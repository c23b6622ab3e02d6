"""Properties and undefined cases of the segmentation measures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from metrics.masks import CURVE_PERCENTS, Masks, average_precision, compute_agreement, count_confusion, roc_auc
from sspbench.contract import ScoringBatch
from sspbench.images.thresholds import choose_best_level, dice_by_level

FAST = settings(max_examples=60, deadline=None, derandomize=True)
SHAPE = (1, 9, 7)
masks = arrays(bool, SHAPE)
maps = arrays(np.uint8, SHAPE)


def batch(mask, label, probability=None):
    return ScoringBatch(np.zeros(mask.shape, np.uint8), mask=mask, label=label, probability=probability)


def values(mask, label):
    return {name: array[0] for name, array in compute_agreement(count_confusion(mask, label)).items()}


@FAST
@given(masks, masks)
def test_complement_swaps_sensitivity_and_specificity(mask, label):
    here, there = values(mask, label), values(~mask, ~label)
    assert here["acc"] == there["acc"]
    assert here["sen"] == pytest.approx(there["spe"], nan_ok=True)
    assert here["gmean"] == pytest.approx(there["gmean"], nan_ok=True)
    assert here["kappa"] == pytest.approx(there["kappa"], abs=1e-12, nan_ok=True)


@FAST
@given(masks, masks, st.integers(0, 2**32 - 1))
def test_pixels_may_be_permuted(mask, label, seed):
    order = np.random.default_rng(seed).permutation(mask.size)
    moved = [stack.ravel()[order].reshape(SHAPE) for stack in (mask, label)]
    assert values(*moved) == pytest.approx(values(mask, label), nan_ok=True)


@FAST
@given(masks, masks)
def test_known_relations_hold(mask, label):
    found = values(mask, label)
    assert found["fdr"] + found["ppv"] == pytest.approx(1, nan_ok=True) or np.isnan(found["fdr"])
    if not np.isnan(found["gmean"]):
        assert min(found["sen"], found["spe"]) - 1e-12 <= found["acc"] <= max(found["sen"], found["spe"]) + 1e-12
        binary = roc_auc(mask.astype(np.uint8), label)[0]
        assert binary == pytest.approx((found["sen"] + found["spe"]) / 2, abs=1e-12)


@FAST
@given(maps, masks)
def test_roc_area_of_the_negative_map_is_the_rest(probability, label):
    area = roc_auc(probability, label)[0]
    assert roc_auc(255 - probability, label)[0] == pytest.approx(1 - area, abs=1e-12, nan_ok=True)
    assert np.isnan(area) == (label.all() or not label.any())


@FAST
@given(maps, masks)
def test_dice_of_every_level_is_that_of_the_mask_above_it(probability, label):
    found = dice_by_level(probability[0], label[0])
    for level in (0, 1, 77, 254, 255):
        assert found[level] == values(probability > level, label)["dice"]


@FAST
@given(maps, masks)
def test_average_precision_is_that_of_scikit_learn(probability, label):
    found = average_precision(probability, label)[0]
    if label.any():
        assert found == pytest.approx(metrics.average_precision_score(label.ravel(), probability.ravel()), abs=1e-12)
    else:
        assert np.isnan(found)


def test_the_chosen_level_fits_held_out_images_best():
    label = np.arange(20).reshape(4, 5) % 3 == 0
    first, second = (np.where(label, high, low).astype(np.uint8) for high, low in ((200, 40), (120, 60)))
    chosen = choose_best_level([first, second], [label, label])
    # Every level of 60..119 separates both maps; the middle one is farthest from failing.
    assert (chosen.level, chosen.dice, chosen.images) == (89, 1.0, 2)


def test_dice_at_the_chosen_level_and_along_the_curve():
    generator = np.random.default_rng(5)
    label = generator.random((2, 9, 7)) < 0.3
    probability = generator.integers(0, 256, label.shape, dtype=np.uint8)
    mask = probability > 127
    known = ScoringBatch(np.zeros(mask.shape, np.uint8), mask=mask, label=label, probability=probability, threshold=100)
    found = Masks().score(known)
    assert (
        found["dice_chosen"].values.tolist()
        == compute_agreement(count_confusion(probability > 100, label))["dice"].tolist()
    )
    for name, percent in CURVE_PERCENTS.items():
        above = compute_agreement(count_confusion(probability > 2.55 * percent, label))["dice"]
        assert found[name].values.tolist() == above.tolist(), name
    unknown = Masks().score(batch(mask, label, probability))["dice_chosen"]
    assert np.isnan(unknown.values).all()
    assert "held" in unknown.notes[0] or "kept" in unknown.notes[0]


def test_every_undefined_value_says_why():
    empty, full = np.zeros((1, 8, 8), bool), np.ones((1, 8, 8), bool)
    half = np.tri(8, dtype=bool)[None]
    grey = np.full((1, 8, 8), 7, np.uint8)
    for mask in (empty, full, half):
        for label in (empty, full, half):
            for name, scores in Masks().score(batch(mask, label, grey)).items():
                notes = scores.notes or ("",)
                assert bool(notes[0]) == bool(np.isnan(scores.values[0])), (name, mask.sum(), label.sum())


def test_degenerate_values():
    empty, full = np.zeros((1, 8, 8), bool), np.ones((1, 8, 8), bool)
    half = np.indices((8, 8)).sum(0)[None] % 2 == 0
    assert values(empty, empty)["dice"] == 1
    assert np.isnan([values(empty, empty)[name] for name in ("sen", "fdr", "ppv", "kappa", "gmean")]).all()
    all_one = values(full, half)
    assert (all_one["sen"], all_one["spe"], all_one["fdr"], all_one["kappa"], all_one["gmean"]) == (1, 0, 0.5, 0, 0)
    assert values(half, half) == {
        "acc": 1, "sen": 1, "spe": 1, "fdr": 0, "ppv": 1, "dice": 1, "gmean": 1, "kappa": 1
    }  # fmt: skip
    assert roc_auc(np.full((1, 8, 8), 9, np.uint8), half)[0] == 0.5


def test_without_a_probability_map_only_the_area_is_missing():
    half = np.tri(8, dtype=bool)[None]
    scores = Masks().score(batch(half, half))
    assert scores["auc"].notes == ("there is no probability map",)
    assert scores["dice"].values[0] == 1


def test_the_table_keeps_the_order_of_the_paper():
    table = [measure.label for measure in Masks.measures if measure.table == "segmentation"]
    assert table == ["AUC", "ACC", "SEN", "SPE", "FDR", "Dice", "G-mean", "Kappa", "Dice, chosen", "AP"]
    assert {measure.name: measure.better for measure in Masks.measures}["fdr"] == "lower"
