"""The pictures that ``enhance`` and ``segment`` write, against the formula or the bare network on the files."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.filters import threshold_otsu

from sspbench.config.plan import Plan, read_config
from sspbench.files import write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.stages import enhance as enhance_stage
from sspbench.stages.enhance import enhance
from sspbench.stages.segment import segment
from sspbench.stages.train import make_segmenter
from sspbench.training.loop.checkpoints import save_weights

SIZES = {"a": (24, 40), "b": (32, 32), "c": (48, 16)}


def read_picture(path):
    return np.array(Image.open(path))


def make_pictures(folder, seed):
    random = np.random.default_rng(seed)
    for name, shape in SIZES.items():
        write_grey(folder / f"{name}.png", random.integers(0, 256, shape).astype(np.uint8))


@pytest.fixture
def data(tmp_path):
    for seed, split in enumerate(("testA", "testA_clean", "testA_hq", "trainA", "trainB")):
        make_pictures(tmp_path / "data" / split, seed)
    return Manifest.read(write_manifest(tmp_path / "data", {"dataset": "made", "field_um": 400.0}))


def make_plan(**more):
    return Plan({**read_config(Path("config/smoke.yaml")), "dataset": "cornsim", **more})


def test_gamma_of_every_test_image_is_that_of_the_formula(data, tmp_path):
    settings = make_plan(methods=["gamma"]).train_settings(make_plan(methods=["gamma"]).get_run("gamma", 0))
    enhance(settings, data, tmp_path / "run", None)
    written = sorted((tmp_path / "run" / "enhanced").glob("*.png"))
    assert [path.stem for path in written] == list(SIZES)
    for path in written:
        given = read_picture(data.folder / "testA" / path.name) / 255
        wanted = np.rint(255 * given ** settings.plugin_params["gamma"])
        assert (read_picture(path) == wanted).all()
    assert settings.plugin_params["gamma"] != 1
    record = json.loads((tmp_path / "run" / "jobs" / "enhance.json").read_text())
    assert record["images"] == 3
    assert record["seconds_per_image"] > 0


def test_seconds_per_image_are_the_median_of_its_enhancing(data, tmp_path, monkeypatch):
    clock = iter([10.0, 10.9, 20.0, 20.123456, 30.0, 30.1])
    monkeypatch.setattr(enhance_stage, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    plan = make_plan(methods=["gamma", "oracle"])
    for row, seconds in (("gamma", 0.12346), ("oracle", 0.0)):
        enhance(plan.train_settings(plan.get_run(row, 0)), data, tmp_path / row, None)
        assert json.loads((tmp_path / row / "jobs" / "enhance.json").read_text())["seconds_per_image"] == seconds


@pytest.mark.parametrize(("row", "shown"), [("oracle", "testA_clean"), ("identity", "testA")])
def test_a_control_shows_the_pictures_of_its_folder(data, tmp_path, row, shown):
    plan = make_plan(methods=[row])
    enhance(plan.train_settings(plan.get_run(row, 0)), data, tmp_path / "run", None)
    for name in SIZES:
        wanted = read_picture(data.folder / shown / f"{name}.png")
        assert (read_picture(tmp_path / "run" / "enhanced" / f"{name}.png") == wanted).all()


def test_probabilities_and_masks_are_those_of_the_bare_network(tmp_path):
    settings = make_plan().segmenter_settings(0)
    torch.manual_seed(3)
    segmenter = make_segmenter(settings)
    segmenter.build()
    weights, run = tmp_path / "segmenter" / "weights.safetensors", tmp_path / "run"
    save_weights(weights, segmenter)
    write_json(weights.parent / "jobs" / "train.json", {"threshold": {"level": 77}})
    make_pictures(run / "enhanced", seed=9)
    write_folder_manifest(run / "enhanced", [run / "enhanced" / f"{name}.png" for name in SIZES])
    segment(settings, weights, run)
    (network,) = (network.eval() for network in segmenter.networks.values())
    for name in SIZES:
        given = torch.from_numpy(read_picture(run / "enhanced" / f"{name}.png") / np.float32(255))
        with torch.no_grad():
            output = network(pad_to_sixteen(given)[None, None])[0, 0, : given.shape[0], : given.shape[1]].numpy()
        found = read_picture(run / "probabilities" / f"{name}.png")
        assert np.abs(found - 255.0 * output).max() <= 0.51  # rounded to whole levels
        assert found.max() > found.min()
        wanted = np.where(found > threshold_otsu(found), 255, 0)
        assert (read_picture(run / "masks" / f"{name}.png") == wanted).all()
    record = json.loads((run / "jobs" / "segment.json").read_text())
    assert (record["images"], record["threshold"]) == (3, {"level": 77})


def pad_to_sixteen(image):
    """Mirror an (H, W) image at its right and lower border: the network takes multiples of 16 only."""
    rows, columns = (-side % 16 for side in image.shape)
    return torch.from_numpy(np.pad(image.numpy(), ((0, rows), (0, columns)), mode="symmetric"))
