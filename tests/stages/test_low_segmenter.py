"""The control: a segmenter trained on LQ images, and the measures of Table 2 under it, in a file of their own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sspbench.config.plan import Plan, read_config
from sspbench.errors import UserError
from sspbench.files import write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.stages.score import score, score_low
from sspbench.stages.train import TrainingLimits, train_segmenter

RUN = {"dataset": "made", "preset": "smoke", "method": "identity", "variant": None, "seed": 0}
SETTINGS = {"metrics": {}, "structure": "nerve", "field_um": 100.0}


def make_plan(**more):
    return Plan({**read_config(Path("config/smoke.yaml")), "dataset": "cornsim", **more})


def write_pictures(folder, names, seed, levels=256):
    random = np.random.default_rng(seed)
    for name in names:
        picture = random.integers(0, levels, (64, 64))
        write_grey(folder / f"{name}.png", (255 * picture if levels == 2 else picture).astype(np.uint8))


def make_data(folder, splits):
    for seed, split in enumerate(splits):
        write_pictures(folder / split, ["a", "b", "c"], seed, 2 if split.endswith("labels") else 256)
    return Manifest.read(write_manifest(folder, {"dataset": "made", "field_um": 100.0}))


@pytest.mark.parametrize(("domain", "split"), [("low", "trainA"), ("high", "trainB")])
def test_each_domain_needs_its_own_labels(tmp_path, domain, split):
    data = make_data(tmp_path, ["trainA", "trainB"])
    with pytest.raises(UserError, match=f"no image of {split} has a label"):
        train_segmenter(make_plan().segmenter_settings(0), data, tmp_path / "run", TrainingLimits(), domain)


def test_the_two_domains_give_two_networks_and_the_record_names_the_control(tmp_path):
    data = make_data(tmp_path / "data", ["trainA", "trainA_labels", "trainB", "trainB_labels"])
    settings = make_plan(params={"csnet": {"steps": 2, "batches": {"size": 2}}}).segmenter_settings(0)
    for domain in ("high", "low"):
        train_segmenter(settings, data, tmp_path / domain, TrainingLimits(), domain)
    high, low = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("high", "low"))
    assert high != low
    records = [json.loads((tmp_path / name / "jobs" / "train.json").read_text()) for name in ("high", "low")]
    assert "domain" not in records[0] and records[1]["domain"] == "low"


def test_scores_under_the_control_are_those_of_its_masks_and_leave_the_others_alone(tmp_path):
    data, run = make_data(tmp_path / "data", ["trainB", "testA", "testA_labels"]), tmp_path / "run"
    for seed, folder in enumerate((run / "enhanced", run / "probabilities", run / "low" / "probabilities"), 5):
        write_pictures(folder, ["a", "b", "c"], seed)
    write_pictures(run / "masks", ["a", "b", "c"], 8, 2)
    write_pictures(run / "low" / "masks", ["a", "b", "c"], 1, 2)
    low = run / "low"
    made = [run / "enhanced", *(place / kind for place in (run, low) for kind in ("masks", "probabilities"))]
    for folder in made:
        write_folder_manifest(folder, sorted(folder.glob("*.png")))
    for folder in (run, run / "low"):
        write_json(folder / "jobs" / "segment.json", {"threshold": None})
    score(SETTINGS, RUN, data, run, with_definitions=False)
    before = (run / "scores.csv").read_bytes()
    score_low(SETTINGS, RUN, data, run)
    assert (run / "scores.csv").read_bytes() == before
    with (run / "low" / "scores.csv").open() as stream:
        lines = list(csv.DictReader(stream))
    assert {line["segmenter"] for line in lines} == {"low"}
    assert {"dice", "auc"} <= {line["metric"] for line in lines} and "entropy" not in {line["metric"] for line in lines}
    with (run / "scores.csv").open() as stream:
        assert "segmenter" not in (csv.DictReader(stream).fieldnames or ())
    mask, label = (
        np.array([np.array(Image.open(folder / f"{name}.png")) for name in "abc"]) > 127
        for folder in (run / "low" / "masks", data.folder / "testA_labels")
    )
    for name, one, other in zip("abc", mask, label, strict=True):
        dice = next(float(line["value"]) for line in lines if (line["image"], line["metric"]) == (name, "dice"))
        assert dice == pytest.approx(2 * (one & other).sum() / (one.sum() + other.sum()))


def test_the_control_is_trained_only_where_lq_images_have_labels_and_weights_are_not_given(tmp_path):
    both = {"segmenters": ["high", "low"]}
    assert make_plan(**both).has_low_segmenter
    assert not make_plan(segmenters=["high"]).has_low_segmenter
    weights = tmp_path / "w.safetensors"
    weights.touch()
    assert not make_plan(**both, segmenter_weights=str(weights)).has_low_segmenter
    for split in ("trainA", "trainB", "testA", "trainB_labels"):
        write_pictures(tmp_path / "own" / split, ["a"], 0)
    own = {**both, "dataset": "folder", "data_root": str(tmp_path / "own")}
    assert not make_plan(**own).has_low_segmenter
    write_pictures(tmp_path / "own" / "trainA_labels", ["a"], 0, 2)
    assert make_plan(**own).has_low_segmenter
