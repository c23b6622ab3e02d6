"""An archive of CORN-2's counts, of small pictures, goes through every stage at smoke scale."""

import csv
import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.cornsim.scene import simulate_frame
from sspbench.commands.cli import main
from sspbench.files import read_json, sha256
from sspbench.images.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
COUNTS = {"trainA": 340, "trainB": 288, "testA": 60, "testB": 3}
SIDE = 64


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Every image differs in its noise; the nerves under it are one of four simulated fields: near copies."""
    fields = [simulate_frame(np.random.default_rng(key), SIDE, "high") for key in range(4)]
    random = np.random.default_rng(9)
    root = tmp_path_factory.mktemp("corn2")
    with zipfile.ZipFile(root / "CORN-2.zip", "w") as target:
        for split, count in COUNTS.items():
            for index in range(count):
                field = fields[index % 4]
                noisy = np.clip(field.image + random.normal(0, 6, (SIDE, SIDE)), 0, 255).astype(np.uint8)
                pictures = {f"CORN-2/{split}/{index}.png": noisy}
                if split != "trainA":
                    pictures[f"CORN-2/{split}_labels/{index}.png"] = field.label
                for name, pixels in pictures.items():
                    with target.open(name, "w") as stream:
                        Image.fromarray(pixels).save(stream, format="PNG")
    return root / "CORN-2.zip"


def check_import(archive, folder):
    """The counts of the published set; what is left out is recorded, and all else with where it came from."""
    manifest = Manifest.read(folder / "manifest.json")
    labels = {"trainA_labels": 0, "trainB_labels": 288, "testA_labels": 60}
    assert manifest.content["counts"] == {
        "trainA": 340, "trainB": 288, "testA": 60, **labels, "testA_clean": 0, "testA_hq": 0
    }  # fmt: skip
    first = manifest.content["images"][0]
    assert first["domain"] == "LQ" and first["split"] == "trainA"
    assert first["sha256"] == sha256(folder / first["path"])
    sources = read_json(folder / "sources.json")
    assert len(sources["left_out"]) == 2 * COUNTS["testB"]
    entry = sources["files"]["testA_labels/7.png"]
    assert entry["from"] == "CORN-2/testA_labels/7.png"
    with zipfile.ZipFile(archive) as source:
        assert entry["sha256"] == hashlib.sha256(source.read(entry["from"])).hexdigest()
    assert {path.name for path in folder.parent.iterdir()} == {"smoke", ".smoke.lock", "source.json"}


def test_every_stage_runs_on_the_imported_archive(archive, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = ["--config", str(ROOT / "config/smoke.yaml"), "--set", "dataset=corn2", f"data_root={archive}"]
    common += ["dataset_options={sizes: null, duplicates: allow}"]
    stages = ("prepare", "train-segmenter", "train sspnet", "enhance sspnet", "segment sspnet", "score sspnet")
    for stage in stages:
        assert main(["stage", *stage.split(), *common]) == 0, stage
    check_import(archive, tmp_path / "data/corn2/images/corn2/smoke")
    with (tmp_path / "results/corn2/smoke/runs/sspnet/seed-0/scores.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    scored = {row["metric"] for row in rows}
    assert {"entropy", "dice"} <= scored
    assert len({row["image"] for row in rows}) == 60
