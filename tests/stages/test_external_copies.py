"""The same test pictures in many kinds of files, as ``external`` rows from files to scores: one Dice, or a refusal."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sspbench.config.plan import Plan, read_config
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest
from sspbench.stages.import_external import import_external
from sspbench.stages.prepare import prepare
from sspbench.stages.score import score
from sspbench.stages.segment import segment
from sspbench.stages.train import TrainingLimits, train_segmenter
from sspbench.training.loop.training import TrainingBudget
from tests.picture_copies import COPIES, REFUSED_COPIES


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    """The prepared simulated images at smoke scale, and a segmenter trained on them."""
    folder = tmp_path_factory.mktemp("bench")
    plan = Plan({**read_config(Path("config/smoke.yaml")), "methods": ["identity"], "ablation": None})
    manifest = Manifest.read(prepare(plan.prepare_settings(), folder / "data"))
    limits = TrainingLimits(minutes=10, budget=TrainingBudget(checkpoint_minutes=10))
    train_segmenter(plan.segmenter_settings(0), manifest, folder / "segmenter", limits)
    return folder, plan, manifest


def write_copies(manifest: Manifest, folder: Path, kinds: list[str]) -> Path:
    """Write the test pictures, each as one of the kinds in turn."""
    folder.mkdir(parents=True)
    for number, path in enumerate(manifest.image_paths("testA")):
        ending, write = COPIES[kinds[number % len(kinds)]]
        write(folder / f"{path.stem}.{ending}", np.array(Image.open(path)))
    return folder


def score_row(bench, source: Path, run: Path, **settings: object) -> dict[str, float]:
    """Take in, segment and score a folder of pictures; return the Dice of each image."""
    folder, plan, manifest = bench
    import_external({"name": "theirs", **settings}, source, manifest, run)
    segment(plan.segmenter_settings(0), folder / "segmenter/weights.safetensors", run)
    row = {"dataset": "cornsim", "preset": "smoke", "method": "theirs", "variant": None, "seed": 0}
    score({"metrics": {"masks": {}}, "field_um": 400, "structure": "nerve"}, row, manifest, run, with_definitions=False)
    with (run / "scores.csv").open(newline="") as stream:
        return {line["image"]: float(line["value"]) for line in csv.DictReader(stream) if line["metric"] == "dice"}


@pytest.fixture(scope="module")
def wanted(bench, tmp_path_factory):
    """The Dice of each test picture as it is."""
    found = score_row(bench, bench[2].folder / "testA", tmp_path_factory.mktemp("plain"))
    assert len(found) == 4
    assert min(found.values()) > 0.05, "the segmenter finds nothing: equal scores would mean nothing"
    return found


@pytest.mark.parametrize("kind", COPIES)
def test_copies_of_the_test_pictures_score_the_same_or_are_refused(bench, wanted, tmp_path, kind):
    source = write_copies(bench[2], tmp_path / "theirs", [kind])
    if kind in REFUSED_COPIES:
        with pytest.raises(UserError, match=r"(negative values|floating-point)[^\n]*\n.*000(.|\n)*hint:"):
            score_row(bench, source, tmp_path / "run")
        assert not (tmp_path / "run/enhanced").exists()
    else:
        assert score_row(bench, source, tmp_path / "run") == pytest.approx(wanted, abs=1e-3)


def test_mixed_depths_are_refused_with_the_option_and_lossless_ones_of_8_bit_are_not(bench, wanted, tmp_path):
    source = write_copies(bench[2], tmp_path / "mixed", ["14 bit", "12 bit in 48-bit PNG", "tiles, zstd"])
    with pytest.raises(UserError, match=r"disagree on which value is white(.|\n)*external_white=\{theirs: N\}"):
        score_row(bench, source, tmp_path / "run")
    source = write_copies(bench[2], tmp_path / "alike", ["8 bit", "tiles, zstd", "white is zero", "32 bit"])
    assert score_row(bench, source, tmp_path / "again") == pytest.approx(wanted, abs=1e-3)


def test_a_white_that_is_given_counts(bench, wanted, tmp_path):
    source = write_copies(bench[2], tmp_path / "theirs", ["14 bit"])
    assert score_row(bench, source, tmp_path / "right", white=16383) == pytest.approx(wanted, abs=1e-3)
    assert score_row(bench, source, tmp_path / "wrong", white=65535) != pytest.approx(wanted, abs=1e-3)
