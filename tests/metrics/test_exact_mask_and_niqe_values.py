"""Counts by hand for the mask measures; NIQE's fitted model and the images it is fitted to."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from metrics.iqa.niqe_features import compute_block_features
from metrics.iqa.niqe_model import NiqeModel
from metrics.masks import Masks, compute_agreement, count_confusion
from metrics.niqe import Niqe
from sspbench.contract import ScoringBatch
from sspbench.plugins.metric_families import load_metric_family


def test_the_curve_has_nine_points_at_tenths_of_the_probability():
    random = np.random.default_rng(2)
    label = random.random((3, 8, 9)) < [[[0.2]], [[0.4]], [[0.6]]]
    probability = random.integers(0, 256, label.shape, dtype=np.uint8)
    found = Masks().score(ScoringBatch(probability, mask=probability > 127, label=label, probability=probability))
    # Whole levels above 10 %, 20 %, ... of 255.
    levels = {10: 26, 20: 52, 30: 77, 40: 103, 50: 128, 60: 154, 70: 179, 80: 205, 90: 230}
    assert {name for name in found if name.startswith("dice_at_")} == {f"dice_at_{percent}" for percent in levels}
    for percent, level in levels.items():
        wanted = [f1_score(one.ravel(), two.ravel() >= level) for one, two in zip(label, probability, strict=True)]
        assert found[f"dice_at_{percent}"].values.tolist() == pytest.approx(wanted)


def test_measures_of_two_images_with_unequal_counts():
    # 20 pixels each: TP, FP, FN, TN are 3, 1, 2, 14 and 1, 5, 4, 10.
    mask, label = np.zeros((2, 2, 4, 5), bool)
    for number, (tp, fp, fn) in enumerate([(3, 1, 2), (1, 5, 4)]):
        mask[number].ravel()[: tp + fp] = True
        label[number].ravel()[fp : tp + fp + fn] = True
    counts = count_confusion(mask, label)
    assert [array.tolist() for array in (counts.tp, counts.fp, counts.fn, counts.tn)] == [
        [3, 1], [1, 5], [2, 4], [14, 10],
    ]  # fmt: skip
    wanted = {
        "acc": [17 / 20, 11 / 20],
        "sen": [3 / 5, 1 / 5],
        "spe": [14 / 15, 10 / 15],
        "fdr": [1 / 4, 5 / 6],
        "ppv": [3 / 4, 1 / 6],
        "dice": [6 / 9, 2 / 11],
        "gmean": [(3 / 5 * 14 / 15) ** 0.5, (1 / 5 * 10 / 15) ** 0.5],
        # Chance agrees on (4 x 5 + 16 x 15) / 400 = .65 and on (6 x 5 + 14 x 15) / 400 = .6.
        "kappa": [(0.85 - 0.65) / 0.35, (0.55 - 0.6) / 0.4],
    }
    found = compute_agreement(counts)
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].tolist() == pytest.approx(values), name


def make_texture(random, shape):
    noise = random.normal(0, 1, shape)
    return np.clip(120 + 40 * noise + 20 * np.roll(noise, 1, axis=1), 0, 255).astype(np.uint8)


def test_the_model_of_the_domain_is_fitted_to_the_images_of_the_commonest_size():
    random = np.random.default_rng(6)
    odd, *alike = (make_texture(random, shape) for shape in ((480, 480), (288, 384), (288, 384), (288, 384)))
    for image in alike:  # blocks just within and just beyond three quarters of the sharpest
        image[:96, :96], image[:96, 96:192] = (np.rint(120 + share * (image[:96, :96] - 120.0)) for share in (0.8, 0.7))
    judged = make_texture(random, (288, 288))
    judged[:96, :192] //= 3
    constants = json.loads(json.dumps(Niqe().fit_definitions([odd, *alike])))
    (function,) = Niqe().fitted_definitions(constants).values()
    assert function(judged[None])[0] == pytest.approx(niqe_by_definition(alike, judged), rel=1e-9)


def niqe_by_definition(good, judged):
    """Equation 10 of the paper: blocks at least 0.75 as sharp as the sharpest of their image make the model."""
    chosen = []
    for image in good:
        features, sharpness = compute_block_features(image)
        chosen.append(features[sharpness > 0.75 * sharpness.max()])
        relative = np.sort(sharpness / sharpness.max())
        assert relative[0] < 0.75 < relative[1] < 0.82
    model, own = np.concatenate(chosen), compute_block_features(judged)[0]
    between = model.mean(axis=0) - own.mean(axis=0)
    pooled = (np.cov(model.T) + np.cov(own.T)) / 2
    return np.sqrt(between @ np.linalg.pinv(pooled, hermitian=True) @ between)


def test_a_model_is_fitted_to_complete_blocks_and_its_mean_to_all():
    features = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0], [2.0, 9.0]])
    model = NiqeModel.from_features(features)
    assert model.mean.tolist() == pytest.approx([11 / 4, 17 / 3])
    # The complete ones have means 8/3 and 17/3; divisor 2.
    assert model.covariance.ravel().tolist() == pytest.approx([13 / 3, 7 / 3, 7 / 3, 37 / 3])
    with pytest.raises(ValueError, match="two blocks"):
        NiqeModel.from_features(features[:2])


def test_the_distance_of_two_models_divides_by_the_mean_of_their_covariances():
    one, other = (
        NiqeModel(np.array([1.0, 2.0]), np.diag([2.0, 6.0])),
        NiqeModel(np.array([4.0, 6.0]), np.diag([4.0, 2.0])),
    )
    assert one.distance_to(other) == other.distance_to(one) == pytest.approx((9 / 3 + 16 / 4) ** 0.5)
    assert one.distance_to(one) == 0


def test_images_without_structure_make_no_model():
    assert Niqe().fit_definitions([np.full((192, 192), 90, np.uint8)] * 2) == {}
    assert Niqe().fit_definitions([]) == {}


def test_two_blocks_are_the_fewest_that_have_a_covariance():
    texture = make_texture(np.random.default_rng(7), (96, 192))
    family = load_metric_family("niqe", {"min_blocks": 2})
    (one,), (two,) = (family.score(ScoringBatch(image[None]))["niqe"].notes for image in (texture[:, :96], texture))
    assert one.endswith("holds 1 blocks of 96 px, 2 needed")
    assert two == ""
