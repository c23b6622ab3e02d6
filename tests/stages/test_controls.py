"""The trivial methods: each does what its name says, and constants come from the training images alone."""

import json
from pathlib import Path

import numpy as np
import pytest
from skimage.exposure import match_histograms

from sspbench.commands.cli import main
from sspbench.config.plan import Plan, merge_dicts, read_config, resolve_params
from sspbench.contract import Method
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import read_grey, to_float, to_uint8, write_grey
from sspbench.jobs.outcome import JobError
from sspbench.plugins.discovery import get_plugin, load_method_class
from sspbench.stages.enhance import LazyImages, enhance, fit_constants, load_method


def picture(seed: int, low: int = 20, high: int = 200, shape: tuple[int, int] = (64, 80)) -> np.ndarray:
    return to_float(np.random.default_rng(seed).integers(low, high, shape, dtype=np.uint8))


def made(name: str, high: list[np.ndarray] | None = None, reading: str | None = None) -> Method:
    found = get_plugin("methods", name)
    method = load_method_class(found)(resolve_params(found, "paper", reading), 0)
    if high is not None:
        method.fitted = fit_constants(method, [picture(9)], high)
    return method


def of(method: Method, image: np.ndarray) -> np.ndarray:
    return method.enhance(image[None, None].copy())[0, 0]


@pytest.mark.parametrize("name", ["brightness", "flat_field_hq"])
def test_the_mean_becomes_that_of_the_high_quality_images(name):
    high = [picture(1, 10, 60), picture(2, 30, 90)]
    wanted = np.mean([image.mean() for image in high])
    for image in (picture(3), picture(4, 100, 250)):
        assert of(made(name, high), image).mean() == pytest.approx(wanted, abs=1e-3)


def test_brightness_changes_nothing_else():
    image = picture(3, 20, 90)
    ratio = of(made("brightness", [picture(1, 10, 60)]), image) / image
    assert np.ptp(ratio) < 1e-6


def test_histogram_matching_equals_matching_to_the_stacked_images():
    high, image = [picture(1, 10, 60), picture(2, 50, 220)], picture(3)
    stacked = np.concatenate([to_uint8(one) for one in high])
    wanted = match_histograms(to_uint8(image), stacked).astype(np.float64)
    assert np.abs(255 * of(made("histogram_matching", high), image) - wanted).max() < 1e-3


@pytest.mark.parametrize("name", ["flat_field", "flat_field_hq"])
def test_uneven_light_is_evened_out(name):
    light = np.linspace(0.3, 1.0, 256, dtype=np.float32)
    image = picture(5, 120, 140, (256, 256)) * light
    result = of(made(name, [picture(1)] if name == "flat_field_hq" else None), image)
    before, after = (part[:, :64].mean() / part[:, -64:].mean() for part in (image, result))
    assert before < 0.5
    assert after > 0.75


def test_retinex_depends_on_the_surroundings_and_hardly_on_the_exposure():
    image = picture(5, 100, 250, (128, 128))
    retinex = made("retinex")
    assert np.abs(of(retinex, image) - of(retinex, 0.5 * image)).max() < 0.02
    assert np.abs(of(retinex, image) - image).max() > 0.1


def test_smoothing_is_a_row_of_its_own_and_smooths():
    plain, smoothed = (made("flat_field_hq", [picture(1)], reading) for reading in (None, "smoothed"))
    image = picture(3)
    assert of(smoothed, image).std() < 0.7 * of(plain, image).std()
    ids = [run.id for run in Plan(merge_dicts(read_config(Path("config/config.yaml")), {"methods": "controls"})).runs]
    assert "flat_field_hq+smoothed" in ids


def test_non_local_means_removes_noise_and_keeps_the_step():
    clean = np.where(np.arange(80) < 40, 0.3, 0.6).astype(np.float32) * np.ones((64, 1), np.float32)
    noise = np.random.default_rng(0).normal(0, 8 / 255, clean.shape).astype(np.float32)
    result = of(made("nlm"), clean + noise)
    assert np.abs(result - clean).mean() < 0.4 * np.abs(noise).mean()


def test_clahe_and_gamma():
    image = picture(3, 100, 130)
    assert of(made("clahe"), image).std() > 2 * image.std()
    assert np.allclose(of(made("gamma"), image), image.astype(float) ** 1.5, atol=1e-6)


@pytest.fixture
def data(tmp_path):
    """A prepared data set with bright high-quality images and dark test images."""
    for split, low, high in (("trainA", 10, 60), ("trainB", 150, 250), ("testA", 10, 60)):
        for number in range(2):
            write_grey(tmp_path / "data" / split / f"{number}.png", to_uint8(picture(number, low, high)))
    return Manifest.read(write_manifest(tmp_path / "data", {"dataset": "mine", "field_um": 400}))


def settings() -> dict:
    plan = Plan(read_config(Path("config/config.yaml")))
    return plan.train_settings(plan.get_run("brightness", 0))


def test_the_constants_of_a_run_are_kept_and_serve_own_images(data, tmp_path):
    run = tmp_path / "run"
    enhance(settings(), data, run, None)
    fitted = json.loads((run / "jobs" / "enhance.json").read_text())["fitted"]
    wanted = np.mean([to_float(read_grey(path)).mean() for path in data.image_paths("trainB")])
    assert fitted == {"high_mean": pytest.approx(wanted)}
    mine = str(data.folder / "testA")
    assert main(["enhance", "--weights", str(run), "--input", mine, "--output", str(tmp_path / "out")]) == 0
    for number in range(2):
        ours, theirs = (read_grey(folder / f"{number}.png") for folder in (tmp_path / "out", run / "enhanced"))
        assert np.array_equal(ours, theirs)


def test_a_fitted_method_without_its_run_is_refused_with_the_way_out(data, tmp_path, capsys):
    with pytest.raises(UserError, match="training images"):
        load_method(settings(), None)
    mine = str(data.folder / "testA")
    assert main(["enhance", "--method", "brightness", "--input", mine, "--output", str(tmp_path / "out")]) != 0
    assert "--weights" in capsys.readouterr().err


def test_training_images_are_read_when_they_are_looked_at(data):
    pictures = LazyImages([*data.image_paths("trainB"), Path("missing.png")])
    assert len(pictures) == 3
    assert pictures[0].dtype == np.float32
    assert len(pictures[:2]) == 2
    with pytest.raises(UserError, match="missing"):
        pictures[2]


@pytest.mark.parametrize("bad", [[1.0], {"mean": np.float32(1)}, {"mean": float("nan")}, {"all": np.ones(3)}])
def test_constants_that_json_cannot_hold_are_refused(bad):
    class Bad(Method):
        def fit(self, low, high):
            return bad

    with pytest.raises(JobError, match="fit returned"):
        fit_constants(Bad({}), [], [])
