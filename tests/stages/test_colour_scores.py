"""Scoring a run on pictures in colour: from files to values, inside the field of view, families by structure."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from sspbench.files import read_json, write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey, write_picture
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.stages.score import score

SIDE = 64
FACTS = {"dataset": "made", "preset": "smoke", "method": "m", "variant": None, "seed": 0}
INSIDE = np.zeros((SIDE, SIDE), bool)
INSIDE[:, : SIDE // 2] = True


def write_masks(folder, **masks):
    for name, mask in masks.items():
        write_grey(folder / name / "a.png", mask * np.uint8(255))


@pytest.fixture
def scored(tmp_path):
    """Scores of one picture: off by 6 in red inside, wildly off outside; a mask of half the label, and some outside."""
    data, run = tmp_path / "data", tmp_path / "run"
    clean = np.full((SIDE, SIDE, 3), 120, np.uint8)
    enhanced = clean.copy()
    enhanced[..., 0] += 6
    enhanced[~INSIDE] = 0
    for split, picture in (("testA", clean), ("testA_clean", clean), ("trainB", clean)):
        write_picture(data / split / "a.png", picture)
    label, mask = np.zeros((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)
    label[:, 8:16], mask[:, 8:12], mask[:, 40:] = True, True, True
    write_masks(data, testA_labels=label, testA_fov=INSIDE)
    facts = {"dataset": "made", "field_um": 400.0}
    manifest = Manifest.read(
        write_manifest(data, facts, {"degradation": {"testA/a.png": "blur, spots"}, "subject": {"testA/a.png": "P7"}})
    )
    write_picture(run / "enhanced/a.png", enhanced)
    write_masks(run, masks=mask, probabilities=mask)
    for kind in ("enhanced", "masks", "probabilities"):
        write_folder_manifest(run / kind, [run / kind / "a.png"])
    write_json(run / "jobs/segment.json", {})
    settings = {"metrics": {}, "field_um": 400.0, "color": "rgb", "structure": "vessel"}
    score(settings, FACTS, manifest, run, with_definitions=False)
    with (run / "scores.csv").open(newline="") as stream:
        return {line["metric"]: float(line["value"]) for line in csv.DictReader(stream)}, read_json(run / "run.json")


def test_truth_is_that_of_all_channels_inside(scored):
    values, _ = scored
    assert values["psnr"] == pytest.approx(10 * np.log10(255**2 / (36 / 3)))
    outside = 120**2
    assert values["psnr_frame"] == pytest.approx(10 * np.log10(255**2 / ((12 + outside) / 2)))
    assert 0 < values["ciede2000"] < 5


def test_masks_count_inside_alone(scored):
    values, _ = scored
    assert values["dice"] == pytest.approx(2 / 3)  # half of the label, nothing false inside
    assert (values["spe"], values["sen"]) == (1.0, 0.5)
    assert values["vessel_share"] == pytest.approx(100 * 4 / 32)


def test_families_that_measure_nerves_are_left_out_and_types_and_subjects_are_recorded(scored):
    values, record = scored
    assert "cnfl" not in values
    assert record["score"]["degradations"] == {"a": "blur, spots"}
    assert record["score"]["subjects"] == {"a": "P7"}
