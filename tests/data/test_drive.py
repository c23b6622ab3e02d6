"""The importer of DRIVE, on made pictures in DRIVE's layout."""

import json

import numpy as np
import pytest
from PIL import Image

from data.drive.prepare import prepare
from sspbench.contract import PrepareRequest
from sspbench.errors import UserError

SIDE = 64


def copy_of_drive(folder, with_manual=("training", "test")):
    y, x = np.ogrid[:SIDE, :SIDE]
    inside = np.hypot(y - 32, x - 32) < 28
    for part, first in (("training", 21), ("test", 1)):
        for kind in ("images", "mask", "1st_manual"):
            (folder / part / kind).mkdir(parents=True)
        for number in range(first, first + 20):
            rng = np.random.default_rng(number)
            picture = rng.integers(60, 200, (SIDE, SIDE, 3), dtype=np.uint8) * inside[..., None] + np.uint8(3)
            Image.fromarray(picture.astype(np.uint8)).save(folder / part / "images" / f"{number:02d}_{part}.tif")
            mask = Image.fromarray(inside.astype(np.uint8) * np.uint8(255))
            mask.save(folder / part / "mask" / f"{number:02d}_{part}_mask.gif")
            if part in with_manual:
                vessels = Image.fromarray(
                    (np.arange(SIDE) % 8 == 0)[None].repeat(SIDE, 0).astype(np.uint8) * np.uint8(255)
                )
                vessels.save(folder / part / "1st_manual" / f"{number:02d}_manual1.gif")
    return folder


def test_manual_masks_without_any_vessel_are_refused(tmp_path):
    source = copy_of_drive(tmp_path / "in")
    for path in (source / "training/1st_manual").iterdir():
        Image.new("L", (SIDE, SIDE)).save(path)
    (source / "training/images/._21_training.tif").write_bytes(b"of another system")
    with pytest.raises(UserError) as caught:
        prepare(request(source, tmp_path / "out"))
    assert "All labels of a folder are empty\n    where: training/1st_manual" in str(caught.value)
    assert "21 .tif files" not in str(caught.value)


def request(source, output, **options):
    defaults = {"train_low": 10, "per": ["illumination", "spots", "blur", "all"]}
    return PrepareRequest(defaults | options, source, output, 0, lambda done, total: None)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drive")
    output = folder / "out"
    output.mkdir()
    prepare(request(copy_of_drive(folder / "DRIVE"), output))
    return output


def test_splits_share_no_photograph(prepared):
    low, high, test = (names(prepared / split) for split in ("trainA", "trainB", "testA"))
    assert (len(low), len(high), len(test)) == (10, 10, 80)
    numbers = [{name[:2] for name in split} for split in (low, high, test)]
    assert not numbers[0] & numbers[1]
    assert numbers[2] == {f"{number:02d}" for number in range(1, 21)}


def test_every_test_photograph_has_its_truth_and_masks(prepared):
    for kind in ("clean", "labels", "fov"):
        assert names(prepared / f"testA_{kind}") == names(prepared / "testA")
    clean, fov = read(prepared / "testA_clean/01_test_blur.png"), read(prepared / "testA_fov/01_test_blur.png")
    assert clean.shape == (SIDE, SIDE, 3)
    assert not clean[fov == 0].any()
    assert np.any(read(prepared / "testA/01_test_blur.png") != clean)
    assert set(np.unique(read(prepared / "testA_labels/01_test_all.png"))) == {0, 255}


def test_degradations_are_stored(prepared):
    stored = json.loads((prepared / "degradations.json").read_text())
    assert len(stored) == 90
    assert stored["testA/07_test_spots.png"]["types"] == ["spots"]
    assert stored["testA/07_test_all.png"]["types"] == ["illumination", "spots", "blur"]


def test_fewer_types_fewer_test_pictures_and_no_manual_masks_no_labels(tmp_path):
    output = tmp_path / "out"
    output.mkdir()
    prepare(request(copy_of_drive(tmp_path / "DRIVE", with_manual=["training"]), output, per=["all"]))
    assert len(names(output / "testA")) == 20
    assert not (output / "testA_labels").exists()
    assert (output / "trainB_labels").is_dir()


def test_missing_files_are_named(tmp_path):
    source = copy_of_drive(tmp_path / "DRIVE")
    (source / "test/mask/05_test_mask.gif").unlink()
    (source / "test/images/06_test.tif").unlink()
    with pytest.raises(UserError, match=r"19 .tif(.|\n)*05_test_mask"):
        prepare(request(source, tmp_path / "out"))


def test_a_mask_of_another_size_is_refused(tmp_path):
    source = copy_of_drive(tmp_path / "DRIVE")
    Image.new("L", (10, 10), 255).save(source / "test/mask/05_test_mask.gif")
    with pytest.raises(UserError, match="another size"):
        prepare(request(source, tmp_path / "out"))


@pytest.mark.parametrize("source", [None, "empty"])
def test_a_missing_or_empty_source_is_refused(tmp_path, source):
    folder = None if source is None else tmp_path / source
    if folder:
        folder.mkdir()
    with pytest.raises(UserError):
        prepare(request(folder, tmp_path / "out"))
