"""A test image in training stops the preparation; a picture of the same place is noted; a shared subject is refused."""

import cv2
import numpy as np
import pytest

from sspbench.commands.doctor_data import examine_dataset
from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import Plan
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.near_copies import NearCopy
from sspbench.stages import leakage
from tests.images.test_near_copies import CHANGES, draw, save


@pytest.fixture
def folder(tmp_path):
    """A user's folder whose images are all different."""
    root = tmp_path / "mine"
    root.mkdir()
    for place, split in enumerate(("trainA", "trainB", "testA")):
        save(root / split, [draw(100 * place + number) for number in range(4)])
    return root


def examine(root, **options):
    chosen = {"dataset": "folder", "data_root": str(root), "preset": "smoke", "dataset_options": options}
    return list(examine_dataset(Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), chosen)).prepare_settings()))


def test_different_images_pass_without_a_word(folder):
    assert not [line for line in examine(folder) if "training" in line]


@pytest.mark.parametrize("change", ["cropped", "turned", "brightened"])
def test_a_copy_of_a_test_image_in_training_is_refused(folder, change):
    cv2.imwrite(str(folder / "testA/copy.png"), np.ascontiguousarray(CHANGES[change](draw(2))))
    with pytest.raises(UserError, match=r"copy of a training image(.|\n)*testA/copy.png, trainA/002.png"):
        examine(folder)
    assert examine(folder, duplicates="allow")[0].startswith("ok")


def test_another_picture_of_the_same_place_is_noted(folder, monkeypatch):
    """Neighbouring frames of a video overlap, have noise of their own, and the tissue moves between their lines."""
    noise = np.random.default_rng(0).normal(size=draw(0).shape) * 45
    rows, columns = np.mgrid[: draw(3).shape[0], : draw(3).shape[1]].astype(np.float32)
    moved = cv2.remap(draw(3), columns + 1.5 * np.sin(rows / 12), rows, cv2.INTER_LINEAR)
    frame = np.clip(np.roll(moved, (9, 12), axis=(0, 1)) + noise, 0, 255).astype(np.uint8)
    cv2.imwrite(str(folder / "testA/frame.png"), frame)
    (line,) = [line for line in examine(folder) if "same place" in line]
    assert "testA/frame.png" in line and line.startswith("note")


@pytest.mark.parametrize(
    ("correlation", "movement", "is_copy"),
    [(0.79, 0.18, False), (0.81, 0.18, True), (0.6, 0.16, True), (0.79, float("inf"), False)],
)
def test_a_copy_correlates_more_than_a_neighbouring_frame_or_its_parts_do_not_move(
    tmp_path, correlation, movement, is_copy
):
    assert NearCopy(tmp_path, tmp_path, correlation, movement).is_copy == is_copy


def test_copies_are_named_with_what_makes_them_copies_and_others_are_told(tmp_path, monkeypatch):
    pairs = [("a", "trainB/b", 0.914, 0.149), ("c", "trainA/d", 0.85, 3.0), ("e", "trainA/f", 0.5, 9.0)]
    copies = [
        NearCopy(tmp_path / f"testA/{one}.png", tmp_path / f"{other}.png", *facts) for one, other, *facts in pairs
    ]
    monkeypatch.setattr(leakage, "find_test_copies", lambda folder: copies)
    notes = []
    with pytest.raises(UserError) as caught:
        leakage.reject_test_copies(tmp_path, lambda *note: notes.append(note), "the hint")
    assert notes == [(leakage.SAME_PLACE_NOTE, ["testA/e.png"])]
    text = str(caught.value)
    assert str(tmp_path) in text and text.count("the hint") == 2 and "testA/e.png" not in text
    first, second = text.index("testA/a.png, trainB/b.png"), text.index("testA/c.png, trainA/d.png")
    assert "they correlate by 0.91 and their parts move by 0.15 px only" in text[first:second]
    assert "they correlate by 0.85" in text[second:] and "parts move" not in text[second:]


@pytest.mark.parametrize(
    ("subjects", "is_shared"), [("ABCDE", False), ("ABCDA", True), ("AABCD", False), ("ABDCC", True)]
)
def test_a_subject_must_not_be_in_training_and_test(tmp_path, subjects, is_shared):
    names = ("trainA/a", "trainA/b", "trainB/c", "trainB/d", "testA/e")
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((8, 8), np.uint8))
    manifest = Manifest.read(write_manifest(tmp_path, {"id": "x"}))
    for entry in manifest.content["images"]:
        entry["subject"] = subjects[names.index(entry["path"].removesuffix(".png"))]
    if not is_shared:
        leakage.reject_shared_subjects(manifest, "")
        return
    with pytest.raises(UserError, match=r"is in training and test\n.*testA/e.png, train"):
        leakage.reject_shared_subjects(manifest, "")
