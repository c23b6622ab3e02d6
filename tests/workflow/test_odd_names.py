"""A run of one test image, under a name that HTML, LaTeX, Markdown, spreadsheets and shells would stumble over."""

import csv
import shutil
from pathlib import Path

import pytest

from sspbench.commands.cli import main
from sspbench.files import read_json
from tests.conftest import make_data

ROOT = Path(__file__).resolve().parents[2]
NAME = "=i0|\"<b>$x_%&\n'`第一.png"


@pytest.fixture
def folder(tmp_path):
    """Images of a user, the folder named in another script."""
    place = tmp_path / "我的 'images'"
    make_data(place, {"trainA": 4, "trainB": 4, "testA": 1}, 96)
    (place / "manifest.json").unlink()
    shutil.rmtree(place / "trainA_labels")
    for number, image in enumerate(sorted((place / "trainA").iterdir())):
        image.rename(image.with_name(f"low {number}.png"))
    for split in ("testA", "testA_labels"):
        (place / split / "000.png").rename(place / split / NAME)
    return place


def test_one_image_of_an_odd_name_goes_through_every_stage(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    common = ["--config", str(ROOT / "config/smoke.yaml"), "--set", "dataset=folder", f"data_root={folder}"]
    common += ["methods=[identity, brightness]", "ablation=null"]
    rows = [f"{stage} {row}" for row in ("identity", "brightness") for stage in ("enhance", "segment", "score")]
    for stage in ("prepare", "train-segmenter", *rows):
        assert main(["stage", *stage.split(), *common]) == 0, stage
    assert main(["report", "analysis", "tables", "figures", "page", "summary", *common]) == 0
    (place,) = (tmp_path / "results").glob("folder-*/smoke")
    with (place / "runs/identity/seed-0/scores.csv").open(newline="", encoding="utf-8") as lines:
        images = {line["image"] for line in csv.DictReader(lines)}
    assert len(images) == 1 and not next(iter(images)).startswith("=")
    page = (place / "report.html").read_text(encoding="utf-8")
    assert "<b>$x" not in page
    assert read_json(place / "tables/primary.json")["images"] == 1
