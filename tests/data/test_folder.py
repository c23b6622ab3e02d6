"""A user's folder or archive: converted to 8-bit grey PNG, or refused with every fault."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.pictures import read_grey
from tests.own_folder import imported, noise, save, write_folder


@pytest.fixture
def source(tmp_path):
    return write_folder(tmp_path / "mine")


def test_depths_colours_and_label_values(tmp_path, source):
    sixteen = noise(5).astype(np.uint16) * 257
    save(source / "trainA/deep.tif", sixteen)
    save(source / "testA/colour.png", np.repeat(noise(6)[..., None], 3, axis=2))
    save(source / "testA_labels/one.png", (noise(7) > 200).astype(np.uint8))
    manifest = imported(source, tmp_path / "out")
    assert manifest.content["counts"]["trainA"] == 2
    assert np.array_equal(read_grey(tmp_path / "out/trainA/deep.png"), noise(5))
    assert np.array_equal(read_grey(tmp_path / "out/testA/colour.png"), noise(6))
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png") > 0, noise(7) > 200)
    assert read_json(tmp_path / "out/sources.json")["files"]["trainA/deep.png"]["from"] == "trainA/deep.tif"


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_archive_gives_what_the_folder_gives(tmp_path, source, wrapped):
    base = {"root_dir": source.parent, "base_dir": "mine"} if wrapped else {"root_dir": source}
    archive = shutil.make_archive(str(tmp_path / "mine"), "gztar", **base)
    assert imported(Path(archive), tmp_path / "a").digest == imported(source, tmp_path / "b").digest


def test_every_fault_at_once(tmp_path, source):
    shutil.rmtree(source / "trainB")
    (source / "testA/broken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    save(source / "trainA/one.tif", noise(8))
    save(source / "trainA/small.png", noise(9, (20, 20)))
    save(source / "testA_labels/one.png", np.zeros((64, 64), np.uint8))
    save(source / "testA_labels/stray.png", np.zeros((64, 80), np.uint8))
    with pytest.raises(UserError) as caught:
        imported(source, tmp_path / "out")
    for expected in (
        "The folder trainB is missing",
        "An image cannot be read\n    where: testA/broken.png",
        "Two files share the name one\n    where: trainA/one.png",
        "An image is too small\n    where: trainA/small.png",
        "A label differs in size from its image\n    where: testA_labels/one.png",
        "A label has no image of its name\n    where: testA_labels/stray.png",
    ):
        assert expected in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_real_images_of_the_mini_set(tmp_path):
    real = Path(__file__).resolve().parents[3] / "shared/data/ivcm-mini"
    if not real.is_dir():
        pytest.skip("the small real image set is not beside this checkout")
    counts = imported(real, tmp_path / "out").content["counts"]
    assert counts == {
        "trainA": 60,
        "trainB": 48,
        "testA": 16,
        "trainA_labels": 0,
        "trainB_labels": 48,
        "testA_labels": 16,
        "testA_clean": 0,
        "testA_hq": 0,
    }
