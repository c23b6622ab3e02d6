"""Our measures against pyiqa, pypiqe, scikit-image, scikit-learn and skan."""

import warnings

import numpy as np
import pytest

from benchmarks.metric_race import stock
from benchmarks.metric_race.inputs import make_bench_batch
from metrics.contrast import average_gradient, entropy_bits
from metrics.masks import Masks, compute_agreement, count_confusion, roc_auc
from metrics.nerves.skeleton import measure_step_length, skeletonize_masks
from metrics.niqe import niqe
from metrics.piqe import piqe
from metrics.pyiqa_named import PyiqaNamed
from sspbench.contract import ScoringBatch

COUNT = 6


@pytest.fixture(scope="module")
def batch():
    return make_bench_batch(None, COUNT)


@pytest.fixture(scope="module")
def pyiqa_measures():
    return stock.load_pyiqa_measures()


def test_entropy_is_that_of_pyiqa_on_three_channels(batch, pyiqa_measures):
    # pyiqa takes log2(p + 1e-8) in float32.
    assert entropy_bits(batch.image) == pytest.approx(pyiqa_measures["entropy"](batch)["entropy"], abs=2e-5)


def test_niqe_is_that_of_pyiqa(batch, pyiqa_measures):
    difference = np.abs(niqe(batch.image) - pyiqa_measures["niqe"](batch)["niqe"])
    # A fitted shape may fall on the next of the steps of 0.001 that both try, in one block or another.
    assert np.median(difference) < 2e-5
    assert difference.max() < 3e-3


def test_piqe_is_that_of_pyiqa(batch, pyiqa_measures):
    difference = np.abs(piqe(batch.image) - pyiqa_measures["piqe"](batch)["piqe"])
    # pyiqa decides its thresholds in float32: a block may fall on the other side.
    assert np.median(difference) < 5e-4
    assert difference.max() < 0.3


def test_entropy_is_that_of_scikit_image(batch):
    from skimage.measure import shannon_entropy

    assert entropy_bits(batch.image) == pytest.approx([shannon_entropy(image) for image in batch.image], abs=1e-12)


def test_central_gradient_is_that_of_numpy(batch):
    reference = stock.gradient_by_numpy(batch)["avg_gradient_central"]
    assert average_gradient(batch.image, "central") == pytest.approx(reference, rel=1e-12)


PATTERNS = {
    "noise": lambda rng, shape: rng.integers(0, 256, shape),
    "dark": lambda rng, shape: rng.integers(0, 12, shape),
    "two levels": lambda rng, shape: rng.integers(0, 2, shape) * 200,
    "one bright pixel": lambda rng, shape: np.bincount([5], minlength=shape[0] * shape[1]).reshape(shape) * 255,
    "clipped": lambda rng, shape: np.clip(rng.normal(200, 90, shape), 0, 255),
    "steps": lambda rng, shape: np.indices(shape).sum(0) // 11 * 16 % 256,
    "uneven noise": lambda rng, shape: np.clip(128 + rng.normal(0, 1, shape) * uneven_sd(rng, shape), 0, 255),
    "stripes": lambda rng, shape: np.clip(128 + rng.normal(0, 25, shape) + middle_columns(rng, shape), 0, 255),
}


def uneven_sd(rng, shape):
    """Sd of noise that changes every 16 rows and 4 columns: the middle of a block differs from its surround."""
    steps = rng.uniform(0, 80, (shape[0] // 16 + 1, shape[1] // 4 + 1))
    return np.kron(steps, np.ones((16, 4)))[: shape[0], : shape[1]]


def middle_columns(rng, shape):
    """Columns 7 to 9 of each block are brighter or darker, unlike from block to block and from pixel to pixel."""
    height = rng.uniform(-120, 120, (shape[0] // 16 + 1, shape[1] // 16 + 1))
    middle = np.isin(np.arange(shape[1]) % 16, (7, 8, 9))
    return np.kron(height, np.ones((16, 16)))[: shape[0], : shape[1]] * middle * rng.uniform(0.2, 1, shape)


@pytest.mark.parametrize("shape", [(16, 16), (17, 40), (100, 131), (300, 300), (33, 250)])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_piqe_is_that_of_pypiqe(pattern, shape):
    reference = pytest.importorskip("pypiqe", reason="pypiqe is not installed").piqe
    image = PATTERNS[pattern](np.random.default_rng(1), shape).astype(np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = reference(image)[0]
    assert piqe(image[None])[0] == pytest.approx(expected, abs=1e-9)


def test_piqe_of_images_is_that_of_pypiqe(batch):
    pytest.importorskip("pypiqe", reason="pypiqe is not installed")
    assert piqe(batch.image) == pytest.approx(stock.piqe_by_pypiqe(batch)["piqe"], abs=1e-9)


def test_masks_are_those_of_scikit_learn(batch):
    ours = {name: scores.values for name, scores in Masks().score(batch).items()}
    for name, expected in (stock.auc_by_sklearn(batch) | stock.masks_by_sklearn(batch)).items():
        assert ours[name] == pytest.approx(expected, abs=1e-12), name


CASES = {
    "empty": lambda rng: np.zeros((8, 9), bool),
    "full": lambda rng: np.ones((8, 9), bool),
    "one pixel": lambda rng: np.indices((8, 9)).sum(0) == 0,
    "random": lambda rng: rng.random((8, 9)) < 0.4,
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn")
@pytest.mark.parametrize("mask", CASES)
@pytest.mark.parametrize("label", CASES)
def test_degenerate_masks_against_scikit_learn(mask, label):
    rng = np.random.default_rng(3)
    small = ScoringBatch(
        np.zeros((1, 8, 9), np.uint8),
        mask=CASES[mask](rng)[None],
        label=CASES[label](rng)[None],
        probability=rng.integers(0, 4, (1, 8, 9), dtype=np.uint8),
    )
    ours = compute_agreement(count_confusion(small.mask, small.label)) | {
        "auc": roc_auc(small.probability, small.label)
    }
    reference = stock.masks_by_sklearn(small) | stock.auc_by_sklearn(small)
    for name, expected in reference.items():
        # scikit-learn says 0 (or 1 - 0) where there is nothing to divide by; we say NaN, and 1 for two empty masks.
        if np.isnan(ours[name][0]) or (name == "dice" and not (small.mask | small.label).any()):
            assert _undefined(name, small), name
        else:
            assert ours[name] == pytest.approx(expected, abs=1e-12), name


def _undefined(name, small):
    mask, label = small.mask, small.label
    same_class = (not label.any() and not mask.any()) or (label.all() and mask.all())
    return {
        "sen": not label.any(),
        "spe": label.all(),
        "fdr": not mask.any(),
        "auc": label.all() or not label.any(),
        "kappa": same_class,
        "dice": same_class,
    }[name]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_nerve_length_is_that_of_skan(batch):
    skan = pytest.importorskip("skan", reason="skan is not installed")
    import cv2

    image = np.zeros((160, 160), np.uint8)
    for points in (((5, 20), (150, 60)), ((20, 150), (120, 8)), ((0, 80), (159, 84))):
        image = cv2.line(image, *points, 255, 5)
    line = skeletonize_masks(image[None] > 0)[0]
    table = skan.summarize(skan.Skeleton(line), separator="-")
    assert measure_step_length(line) == pytest.approx(table["branch-distance"].sum(), rel=0.005)


def test_pyiqa_by_name(batch):
    family = PyiqaNamed({"names": ["entropy", "ssim"]})
    scores = family.score(ScoringBatch(batch.image[:2], clean=batch.image[:2]))
    assert scores["pyiqa:entropy"].values == pytest.approx(entropy_bits(batch.image[:2]), abs=2e-5)
    assert scores["pyiqa:ssim"].values == pytest.approx([1, 1], abs=1e-6)


def test_pyiqa_without_weights_says_so(batch, tmp_path, monkeypatch):
    from pyiqa.utils import download_util

    monkeypatch.setattr(download_util, "DEFAULT_CACHE_DIR", str(tmp_path))
    scores = PyiqaNamed({"names": ["brisque"]}).score(ScoringBatch(batch.image[:2]))["pyiqa:brisque"]
    assert np.isnan(scores.values).all()
    assert all(note.startswith("n/a: a file it needs is not on this machine") for note in scores.notes)
    assert all("downloads are off" in note for note in scores.notes)
    assert list(tmp_path.iterdir()) == []


def test_pyiqa_names_and_directions_are_checked(batch):
    from sspbench.errors import UserError

    with pytest.raises(UserError, match="Did you mean"):
        PyiqaNamed({"names": ["brisqe"]}).score(batch)
    with pytest.raises(UserError, match="other way round"):
        PyiqaNamed({"names": {"entropy": "lower"}}).score(batch)


def test_bench_metrics_prints_ratios(capsys, tmp_path):
    import argparse

    from benchmarks.commands import register
    from sspbench.images.pictures import write_grey

    for number, image in enumerate(make_bench_batch(None, 2).image):
        write_grey(tmp_path / f"{number}.png", image)
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(["bench-metrics", "--images", str(tmp_path), "--count", "2"])
    assert args.run(args) == 0
    shown = capsys.readouterr().out
    assert "2 images of 384 x 384" in shown
    assert shown.count("times faster") == 2
