"""Properties of the quality measures that need no reference."""

import argparse

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from metrics.commands import register
from metrics.contrast import Contrast, average_gradient, entropy_bits
from metrics.iqa.half_size import halve_image
from metrics.iqa.niqe_features import compute_block_features
from metrics.iqa.niqe_model import NiqeModel, load_official_model
from metrics.niqe import Niqe, fit_niqe_model, niqe
from metrics.piqe import Piqe, piqe
from sspbench.contract import ScoringBatch
from sspbench.errors import UserError
from sspbench.images.pictures import write_grey
from sspbench.plugins.metric_families import load_metric_family

FAST = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
small_images = arrays(np.uint8, st.tuples(st.just(1), st.integers(2, 24), st.integers(2, 24)))


def textured(seed=0, size=288, count=1):
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 1, (count, size // 8, size // 8)).repeat(8, 1).repeat(8, 2)
    return np.clip(120 + 30 * base + rng.normal(0, 12, (count, size, size)), 0, 255).astype(np.uint8)


@FAST
@given(small_images, st.randoms(use_true_random=False))
def test_entropy_ignores_where_pixels_are_and_a_relabelling_of_levels(images, random):
    pixels = images.ravel().tolist()
    random.shuffle(pixels)
    shuffled = np.array(pixels, np.uint8).reshape(images.shape)
    assert entropy_bits(shuffled) == pytest.approx(entropy_bits(images), abs=1e-12)
    assert entropy_bits(255 - images) == pytest.approx(entropy_bits(images), abs=1e-12)
    assert 0 <= entropy_bits(images)[0] <= min(8, np.log2(images.size)) + 1e-12


@FAST
@given(small_images)
def test_gradient_is_the_same_for_the_negative_and_the_transposed_image(images):
    for kind in ("forward", "central"):
        value = average_gradient(images, kind)
        assert value >= 0
        assert average_gradient(255 - images, kind) == pytest.approx(value, abs=1e-9)
        assert average_gradient(images.swapaxes(1, 2), kind) == pytest.approx(value, abs=1e-9)


def test_gradient_by_its_definition():
    image = np.array([[[0, 4, 0], [8, 0, 2], [1, 1, 1]]], np.uint8)
    forward = np.sqrt([(16 + 64) / 2, (16 + 16) / 2, (64 + 49) / 2, (4 + 1) / 2]).sum() / 4
    assert average_gradient(image)[0] == pytest.approx(forward, abs=1e-12)
    dy, dx = np.gradient(image[0].astype(float))
    assert average_gradient(image, "central")[0] == pytest.approx(np.sqrt((dx**2 + dy**2) / 2).sum() / 4, abs=1e-12)


def test_gradient_does_not_overflow_at_full_contrast():
    board = (np.indices((6, 6)).sum(0) % 2 * 255).astype(np.uint8)[None]
    assert average_gradient(board)[0] == pytest.approx(255.0)


def test_constant_images():
    flat = np.full((1, 288, 288), 90, np.uint8)
    assert entropy_bits(flat) == 0
    assert average_gradient(flat) == average_gradient(flat, "central") == 0
    assert piqe(flat) == 100
    assert np.isnan(niqe(flat)[0])


@pytest.mark.parametrize("level", [0, 1, 90, 255])
def test_niqe_of_a_flat_image_is_undefined_with_the_reason(level):
    scores = Niqe().score(ScoringBatch(np.full((2, 300, 300), level, np.uint8)))["niqe"]
    assert np.isnan(scores.values).all()
    assert all("too flat" in note for note in scores.notes)


def test_niqe_of_a_small_image_is_undefined_with_the_reason():
    scores = Niqe().score(ScoringBatch(textured(size=256, count=2)))["niqe"]
    assert np.isnan(scores.values).all()
    assert scores.notes == ("too small for NIQE: 256 x 256 holds 4 blocks of 96 px, 9 needed",) * 2
    assert np.isfinite(Niqe({"min_blocks": 4}).score(ScoringBatch(textured(size=256)))["niqe"].values).all()


def test_one_flat_image_does_not_touch_its_neighbours():
    images = np.concatenate([textured(1), np.zeros((1, 288, 288), np.uint8), textured(2)])
    scores = Niqe().score(ScoringBatch(images))["niqe"]
    assert np.isnan(scores.values).tolist() == [False, True, False]
    assert [bool(note) for note in scores.notes] == [False, True, False]
    assert scores.values[[0, 2]] == pytest.approx(np.concatenate([niqe(textured(1)), niqe(textured(2))]), abs=0)


def test_flat_blocks_do_not_count():
    image = textured(1)
    image[0, :96, :96] = 0
    scores = Niqe().score(ScoringBatch(image))["niqe"]
    assert scores.notes == ("too flat for NIQE: 8 of 9 blocks have structure, 9 needed",)
    assert np.isfinite(niqe(image, min_blocks=8)[0])


def test_a_model_is_fitted_to_the_sharp_blocks_only():
    image = textured(1, size=384)
    dull = image.copy()
    dull[0, :, 192:] = 100 + image[0, :, 192:] // 16
    features, sharpness = compute_block_features(dull[0])
    assert (sharpness.reshape(4, 4)[:, 2:] < 0.7 * sharpness.max()).all()
    left = NiqeModel.from_features(features.reshape(4, 4, 36)[:, :2].reshape(8, 36))
    assert fit_niqe_model(dull).covariance == pytest.approx(left.covariance, abs=1e-12)


def test_niqe_cuts_what_exceeds_whole_blocks():
    image = textured(3, size=312)
    assert niqe(image) == pytest.approx(niqe(image[:, :288, :288]), abs=0)


def test_niqe_of_a_model_to_itself_is_zero_and_grows_with_noise():
    clean = textured(4, count=3)
    model = fit_niqe_model(clean)
    assert model.distance_to(model) == pytest.approx(0, abs=1e-9)
    noise = np.random.default_rng(9).normal(0, 60, clean.shape)
    noisy = np.clip(clean + noise, 0, 255).astype(np.uint8)
    assert (niqe(noisy, model) > niqe(clean, model)).all()


def test_niqe_model_file(tmp_path):
    model = load_official_model()
    path = tmp_path / "model.npz"
    np.savez(path, mu=model.mean, cov=model.covariance)
    image = ScoringBatch(textured(5))
    both = Niqe({"hq_model": str(path)}).score(image)
    assert list(both) == ["niqe", "niqe_hq"]
    assert both["niqe_hq"].values == pytest.approx(both["niqe"].values, abs=0)
    assert both["niqe"].values == pytest.approx(Niqe().score(image)["niqe"].values, abs=0)
    path.write_bytes(b"not a model")
    with pytest.raises(UserError, match="NIQE model cannot be read"):
        NiqeModel.load(path)
    with pytest.raises(UserError, match="Did you mean 'hq_model'"):
        load_metric_family("niqe", {"hq_modle": str(path)})


def test_fitting_flat_images_is_refused():
    with pytest.raises(ValueError, match="two blocks"):
        fit_niqe_model(np.zeros((2, 192, 192), np.uint8))


def test_fit_niqe_writes_a_model_that_the_family_reads(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    images = textured(6, count=3)
    for number, image in enumerate(images):
        write_grey(tmp_path / "good" / f"{number}.png", image)
    args = parser.parse_args(["fit-niqe", str(tmp_path / "good"), str(tmp_path / "own.npz")])
    assert args.run(args) == 0
    assert "hq_model" in capsys.readouterr().out
    scores = Niqe({"hq_model": str(tmp_path / "own.npz")}).score(ScoringBatch(images))
    assert scores["niqe_hq"].values == pytest.approx(niqe(images, fit_niqe_model(images)), abs=0)
    assert (scores["niqe_hq"].values < scores["niqe"].values).all()
    (tmp_path / "none").mkdir()
    args = parser.parse_args(["fit-niqe", str(tmp_path / "none"), str(tmp_path / "own.npz")])
    with pytest.raises(UserError, match="no images"):
        args.run(args)


def test_half_size_follows_a_linear_ramp():
    ramp = np.tile(np.arange(40.0), (16, 1))
    inner = halve_image(ramp)[:, 4:-4]
    assert inner == pytest.approx(np.tile(np.arange(20.0) * 2 + 0.5, (8, 1))[:, 4:-4], abs=1e-12)


def test_half_size_is_antialiased_bicubic_as_in_pillow_away_from_the_border():
    image = np.random.default_rng(2).integers(0, 256, (40, 60)).astype(np.float32)
    expected = np.asarray(Image.fromarray(image).resize((30, 20), Image.Resampling.BICUBIC))
    assert halve_image(image.astype(np.float64))[2:-2, 2:-2] == pytest.approx(expected[2:-2, 2:-2], abs=1e-3)


def test_piqe_stays_in_range_and_ignores_pure_scaling():
    images = np.concatenate([textured(6, 160), np.random.default_rng(0).integers(0, 2, (1, 160, 160), np.uint8) * 120])
    assert ((piqe(images) >= 0) & (piqe(images) <= 100)).all()
    assert piqe(images[1:] // 2) == pytest.approx(piqe(images[1:]), abs=1e-12)


def test_piqe_of_a_black_image_is_undefined_with_the_reason():
    scores = Piqe().score(ScoringBatch(np.concatenate([np.zeros((1, 64, 64), np.uint8), textured(7, 64)])))["piqe"]
    assert np.isnan(scores.values).tolist() == [True, False]
    assert scores.notes == ("the image is all black", "")


def test_one_pixel_wide_images_have_no_gradient():
    scores = Contrast().score(ScoringBatch(np.zeros((2, 1, 5), np.uint8)))
    assert np.isnan(scores["avg_gradient"].values).all()
    assert all(scores["avg_gradient"].notes)
    assert scores["entropy"].values.tolist() == [0, 0]


@pytest.mark.parametrize("function", [entropy_bits, average_gradient, piqe, niqe, fit_niqe_model])
@pytest.mark.parametrize("images", [np.zeros((1, 8, 8)), np.zeros((8, 8), np.uint8), np.zeros((1, 0, 8), np.uint8)])
def test_anything_but_a_stack_of_8_bit_images_is_refused(function, images):
    with pytest.raises(ValueError, match="uint8"):
        function(images)


@pytest.mark.parametrize("family", [Contrast, Niqe, Piqe])
def test_chunks_give_what_the_whole_gives_and_the_input_stays(family):
    images = textured(8, count=5)
    before = images.copy()
    whole = family().score(ScoringBatch(images))
    for name, scores in whole.items():
        parts = [family().score(ScoringBatch(images[start : start + 2]))[name].values for start in (0, 2, 4)]
        assert np.concatenate(parts) == pytest.approx(scores.values, abs=0)
        assert scores.values.dtype == np.float64
    assert (images == before).all()
