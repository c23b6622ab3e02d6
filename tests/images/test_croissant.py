"""The Croissant description of prepared images: what it lists, and that a reader of the format takes it."""

import hashlib
import json

import numpy as np
import pytest

from sspbench.files import read_json
from sspbench.images.croissant import write_croissant
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey

META = {"title": "Seven squares", "licence": "CC0-1.0", "citation": "A. Author, Squares, 2020"}


@pytest.fixture
def described(tmp_path):
    """A folder with two training images per domain, one of them labelled, and one test image."""
    shades = {"trainA/a": 10, "trainA/b": 20, "trainB/c": 30, "trainB/d": 40, "trainB_labels/c": 255, "testA/e": 50}
    for name, shade in shades.items():
        path = tmp_path / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        write_grey(path, np.full((8, 8), shade, np.uint8))
    manifest = Manifest.read(write_manifest(tmp_path, {"id": "squares"}))
    write_croissant(manifest, META)
    return manifest


def test_every_folder_with_images_and_their_list_is_described(described):
    content = read_json(described.folder / "croissant.json")
    listed, *folders = content["distribution"]
    assert listed["sha256"] == hashlib.sha256((described.folder / "manifest.json").read_bytes()).hexdigest()
    assert listed["contentSize"] == f"{len((described.folder / 'manifest.json').read_bytes())} B"
    found = {one["includes"]: len(list(described.folder.glob(one["includes"]))) for one in folders}
    assert found == {"trainA/*.png": 2, "trainB/*.png": 2, "trainB_labels/*.png": 1, "testA/*.png": 1}
    assert [content[key] for key in ("name", "license", "citeAs")] == ["squares", "CC0-1.0", META["citation"]]
    assert "url" not in content  # the data set has no home page: nothing is made up


def test_a_reader_of_croissant_loads_the_list_of_images(described, caplog):
    reader = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: uv sync --group test-extras")
    dataset = reader.Dataset(str(described.folder / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    records = [{name.split("/")[1]: value for name, value in one.items()} for one in dataset.records("images")]
    read = [(one["path"].decode(), one["sha256"].decode(), one["width"]) for one in records]
    written = json.loads((described.folder / "manifest.json").read_text())["images"]
    assert read == [(one["path"], one["sha256"], 8) for one in written]


def test_a_reader_of_croissant_loads_the_pixels(described):
    reader = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: uv sync --group test-extras")
    records = list(reader.Dataset(str(described.folder / "croissant.json")).records("trainA"))
    shades = {one["trainA/name"].decode(): np.asarray(one["trainA/image"]).max() for one in records}
    assert shades == {"a.png": 10, "b.png": 20}
