"""What ``enhance`` and ``segment`` write beside the pictures, and what of a method's output they refuse."""

import hashlib
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sspbench.config.plan import Plan, read_config
from sspbench.files import write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import read_grey, write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.jobs.outcome import JobError
from sspbench.stages.enhance import enhance, enhance_image
from sspbench.stages.segment import segment
from sspbench.stages.train import make_segmenter
from sspbench.training.loop.checkpoints import save_weights

SIZES = {"a": (24, 40), "b": (32, 32)}


def make_plan():
    return Plan({**read_config("config/smoke.yaml"), "methods": ["gamma"], "ablation": None})


def write_pictures(folder):
    random = np.random.default_rng(1)
    for name, shape in SIZES.items():
        write_grey(folder / f"{name}.png", random.integers(0, 256, shape).astype(np.uint8))


def hashes_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.png")}


def read(path):
    return json.loads(path.read_text())


def test_enhanced_pictures_are_listed_with_their_hashes(tmp_path):
    for split in ("testA", "trainA", "trainB"):
        write_pictures(tmp_path / "data" / split)
    data = Manifest.read(write_manifest(tmp_path / "data", {"dataset": "made", "field_um": 400.0}))
    plan = make_plan()
    enhance(plan.train_settings(plan.get_run("gamma", 0)), data, tmp_path / "run", None)
    assert read(tmp_path / "run/enhanced/manifest.json") == hashes_of(tmp_path / "run/enhanced")
    assert len(hashes_of(tmp_path / "run/enhanced")) == 2
    record = read(tmp_path / "run/jobs/enhance.json")
    assert (record["stage"], record["settings"]["name"], record["images"]) == ("enhance", "gamma", 2)


def test_masks_and_probabilities_are_listed_with_their_hashes_and_black_outside_the_field_of_view(tmp_path):
    settings, run = make_plan().segmenter_settings(0), tmp_path / "run"
    torch.manual_seed(3)
    segmenter = make_segmenter(settings)
    segmenter.build()
    weights = tmp_path / "segmenter" / "weights.safetensors"
    save_weights(weights, segmenter)
    write_json(weights.parent / "jobs" / "train.json", {"threshold": {"value": 0.4}})
    write_pictures(run / "enhanced")
    write_folder_manifest(run / "enhanced", sorted((run / "enhanced").glob("*.png")))
    field = np.zeros(SIZES["a"], np.uint8)
    field[:, 10:] = 255
    write_grey(tmp_path / "field.png", field)
    segment(settings, weights, run, {"a": tmp_path / "field.png", "b": None})
    for kind in ("masks", "probabilities"):
        assert read(run / kind / "manifest.json") == hashes_of(run / kind)
        assert len(hashes_of(run / kind)) == 2
    record = read(run / "jobs/segment.json")
    assert (record["stage"], record["settings"]["name"], record["threshold"]) == ("segment", "csnet", {"value": 0.4})
    assert record["segmenter"]["weights"] == hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
    assert len(record["segmenter"]["recipe"]) == 16
    probability, mask = read_grey(run / "probabilities/a.png"), read_grey(run / "masks/a.png")
    assert not probability[:, :10].any() and probability[:, 10:].any()
    assert not mask[:, :10].any()
    assert np.unique(mask).tolist() == [0, 255] and probability[mask == 255].min() > probability[mask == 0].max()
    segment(settings, weights, run)  # without fields of view
    assert read_grey(run / "probabilities/a.png")[:, :10].any()
    before = hashes_of(run / "masks")
    segment(settings, weights, run, into=run / "low")
    assert hashes_of(run / "low/masks") == before == hashes_of(run / "masks")
    assert read(run / "low/jobs/segment.json")["images"] == 2


def method_that(function):
    return SimpleNamespace(enhance=function)


def test_values_are_cut_at_black_and_white_and_rounded_to_the_nearest_level():
    given = np.array([[0, 1, 100, 255]], np.uint8)
    found = enhance_image(method_that(lambda x: x * 1.5 - 0.004), given, "own")
    assert found.tolist() == [[0, 0, 149, 255]]  # -1.02, 0.48, 148.98, 381.48 of 255
    assert (given == [[0, 1, 100, 255]]).all()


def test_output_of_another_shape_or_without_a_value_is_refused():
    given = np.zeros((3, 4), np.uint8)
    with pytest.raises(JobError, match=r"own returned shape \(1, 1, 3, 3\) for \(1, 1, 3, 4\)"):
        enhance_image(method_that(lambda x: x[..., :3]), given, "own")
    holes = np.zeros((1, 1, 3, 4), np.float32)
    holes[..., 0, :2] = np.nan, np.inf
    with pytest.raises(JobError, match="own returned 2 values that are not finite"):
        enhance_image(method_that(lambda _: holes), given, "own")
