"""CORN-2: every layout is found, every fault is named, all at once."""

import shutil
import zipfile
from pathlib import Path, PurePath

import numpy as np
import pytest
from PIL import Image

from data.corn2.layout import classify_path, find_splits
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest
from sspbench.plugins.discovery import get_plugin
from sspbench.plugins.parameter_schemas import default_values
from sspbench.stages.prepare import prepare

COUNTS = {"trainA": 340, "trainB": 288, "testA": 60}
SMALL = {"trainA": 4, "trainB": 3, "testA": 2}
SIDE = 64
TINY = {"sizes": [SIDE], "counts": SMALL, "labelled_test": 2}


def noise(key: int, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(key).integers(0, 256, (side, side), dtype=np.uint8)


def label(key: int, side: int = SIDE) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    mask[key % side] = 255
    return mask


def save(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def copy_of(root: Path, counts: dict[str, int], pattern: str = "{split}/{n}.png", labels: str = "testA_labels/{n}.png"):
    key = 0
    for split, count in counts.items():
        for n in range(count):
            key += 1
            save(root / pattern.format(split=split, phase=split[:-1], domain=split[-1], n=n), noise(key))
            if split == "testA" and labels:
                save(root / labels.format(n=n), label(key))
    return root


def imported(source: Path, target: Path, **options) -> Manifest:
    settings = {
        "dataset": "corn2",
        "id": "corn2",
        "real": True,
        "field_um": 400,
        "options": {**default_values(get_plugin("data", "corn2").own_parameters), **options},
        "data_root": str(source),
        "seed": 0,
    }
    return Manifest.read(prepare(settings, target))


def fault(source: Path, target: Path, **options) -> str:
    with pytest.raises(UserError) as caught:
        imported(source, target, **options)
    assert not target.exists()
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("trainA/1.png", ("trainA", False, "1")),
        ("CORN-2/train_B/x y.tif", ("trainB", False, "x y")),
        ("a/Train/HQ/1.png", ("trainB", False, "1")),
        ("test/low quality/1.png", ("testA", False, "1")),
        ("testA_labels/1.png", ("testA", True, "1")),
        ("labels/testA/1.png", ("testA", True, "1")),
        ("testA/label/1.png", ("testA", True, "1")),
        ("testA/images/1.png", ("testA", False, "1")),
        ("testA/1_mask.png", ("testA", True, "1")),
        ("CORN2_with_labels/trainA/1.png", ("trainA", False, "1")),
        ("testB/1.png", ("testB", False, "1")),
        ("figures/1.png", (None, False, "1")),
        ("latest/A/1.png", (None, False, "1")),
    ],
)
def test_role_of_a_file(path, expected):
    assert classify_path(PurePath(path)) == expected


@pytest.mark.parametrize(
    ("pattern", "labels"),
    [
        ("{phase}/{domain}/{n}.png", "test/A_labels/{n}.png"),
        ("deep/er/{split}/{n}.tif", "deep/er/labels/testA/{n}.tif"),
        ("{split}/image/{n}.bmp", "testA/label/{n}.bmp"),
        ("{split}/{n}.png", "testA/{n}_gt.png"),
    ],
)
def test_other_layouts_give_the_same_images(tmp_path, pattern, labels):
    usual = imported(copy_of(tmp_path / "usual", SMALL), tmp_path / "one", **TINY)
    other = imported(copy_of(tmp_path / "other", SMALL, pattern, labels), tmp_path / "two", **TINY)
    assert usual.digest == other.digest


def test_copies_without_labels_and_with_three_equal_channels(tmp_path):
    root = copy_of(tmp_path / "c", SMALL, labels="")
    save(root / "trainA/0.png", np.repeat(noise(1)[..., None], 3, axis=2))
    with pytest.raises(UserError, match="0 test images have a label, not 2"):
        imported(root, tmp_path / "out", **TINY)
    manifest = imported(root, tmp_path / "out", **{**TINY, "labelled_test": None})
    assert manifest.image_paths("testA_labels") == []
    assert np.array_equal(np.asarray(Image.open(tmp_path / "out/trainA/0.png")), noise(1))


def test_every_fault_is_named_at_once(tmp_path):
    root = copy_of(tmp_path / "c", SMALL)
    (root / "trainA/0.png").write_bytes((root / "trainA/0.png").read_bytes()[:60])
    save(root / "trainA/1.png", noise(50, 96))
    colour = np.stack([noise(51), noise(52), noise(53)], axis=2)
    save(root / "trainB/0.png", colour)
    shutil.copy(root / "trainA/2.png", root / "testA/extra.png")
    save(root / "testA_labels/0.png", label(1, 96))
    save(root / "testA_labels/1.png", noise(54))
    save(root / "testA_labels/stray.png", label(2))
    save(root / "trainB/1_.png", noise(55, 16))
    text = fault(root, tmp_path / "out", **TINY)
    for expected in (
        "trainB has 4 images, not 3",
        "testA has 3 images, not 2",
        "An image cannot be read\n    where: trainA/0.png",
        "An image has a wrong size\n    where: trainA/1.png\n    why: 96x96, not 64x64",
        "An image is coloured\n    where: trainB/0.png",
        "The same picture is in trainA and testA\n    where: trainA/2.png, testA/extra.png",
        "A label differs in size from its image\n    where: testA_labels/0.png",
        "A label is not black and white\n    where: testA_labels/1.png",
        "A label has no image of its name\n    where: testA_labels/stray.png",
        "An image is too small\n    where: trainB/1_.png",
    ):
        assert expected in text, expected


def test_missing_label_is_named(tmp_path):
    root = copy_of(tmp_path / "c", SMALL)
    (root / "testA_labels/1.png").unlink()
    assert "1 test images have a label, not 2\n    where: testA\n    why: without: 1" in fault(
        root, tmp_path / "o", **TINY
    )


def test_a_split_that_is_not_there(tmp_path):
    root = copy_of(tmp_path / "c", {"trainA": 4, "testA": 2})
    assert "trainB was not found" in fault(root, tmp_path / "out", **TINY)


def test_mixed_sizes_name_the_odd_ones(tmp_path):
    root = copy_of(tmp_path / "c", SMALL)
    save(root / "trainB/2.png", noise(60, 96))
    text = fault(root, tmp_path / "out", **{**TINY, "sizes": [64, 96]})
    assert "differs in size from the others\n    where: trainB/2.png\n    why: 96x96, most are 64x64" in text
    assert text.count("where:") == 1


def test_duplicates_can_be_accepted(tmp_path):
    root = copy_of(tmp_path / "c", SMALL)
    shutil.copy(root / "trainA/2.png", root / "trainA/3.png")
    assert "Twice in trainA" in fault(root, tmp_path / "out", **TINY)
    imported(root, tmp_path / "out", **TINY, duplicates="allow")


def test_two_copies_in_one_archive_are_refused(tmp_path):
    copy_of(tmp_path / "c/one", SMALL)
    copy_of(tmp_path / "c/two", SMALL)
    assert "Two files are the same image" in fault(tmp_path / "c", tmp_path / "out", **TINY)


def test_512_is_kept_and_said(tmp_path, capsys):
    root = tmp_path / "c"
    for key, split in enumerate(SMALL):
        save(root / split / "1.png", noise(key, 512))
    manifest = imported(root, tmp_path / "out", counts=None, labelled_test=None)
    assert {(image["width"], image["height"]) for image in manifest.content["images"]} == {(512, 512)}
    assert "figures at 512 do not compare" in capsys.readouterr().err


def test_a_trap_in_the_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../trainA/1.png", b"")
    assert "leaves the folder" in fault(tmp_path / "a.zip", tmp_path / "out", **TINY)


def test_hidden_files_are_no_images(tmp_path):
    root = copy_of(tmp_path / "c", SMALL)
    (root / "trainA/._0.png").write_bytes(b"resource fork")
    assert len(find_splits(root).images["trainA"]) == 4


def test_without_a_copy_the_command_says_where_to_ask(capsys):
    assert main(["stage", "prepare", "--set", "dataset=corn2"]) == 2
    assert "data/corn2/README.md" in capsys.readouterr().err
