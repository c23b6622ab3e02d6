"""From a plugin's pictures to the prepared folder: what is checked, printed, recorded and cleared away."""

import shutil

import numpy as np
import pytest
from PIL import Image

from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import Plan
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.manifest import Manifest
from sspbench.images.pictures import write_grey
from sspbench.stages import prepare as prepare_stage
from sspbench.stages.prepare import prepare

SPLITS = ("trainA", "trainB", "testA")


def make_settings(root):
    root.mkdir()
    chosen = {"dataset": "folder", "data_root": str(root), "preset": "smoke"}
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), chosen)).prepare_settings()


WHITE = {"folder": "own", "files": 6, "stored": "16 bit", "largest": 3934, "white": 4095, "decided": "by hand"}
"""A line of the table of white levels."""


def let_plugin_write(monkeypatch, *more, note=None, subjects=None, then=lambda folder: None):
    """Have the plugin write two pictures of half a micrometre a pixel into each split, and ``more``; change them."""

    def fill(request):
        names = [f"{split}/{split}{number}.png" for split in SPLITS for number in (0, 1)]
        for seed, name in enumerate([*names, *more]):
            pixels = np.random.default_rng(seed).integers(0, 256, (32, 48)).astype(np.uint8)
            write_grey(request.output / name, pixels)
        then(request.output)
        request.record("um_per_px", dict.fromkeys(names, 0.5))
        request.record("white", [WHITE])
        if subjects:
            request.record("subject", dict(zip(names, subjects, strict=True)))
        if note:
            request.add_note(note, ["x.png"])

    monkeypatch.setattr(prepare_stage, "load_prepare_function", lambda plugin: fill)


@pytest.mark.parametrize("note", [None, "turned"])
def test_pictures_are_listed_described_and_put_in_place(tmp_path, monkeypatch, capsys, note):
    settings, target = make_settings(tmp_path / "own"), tmp_path / "not" / "yet" / "images"
    asked = []
    monkeypatch.setattr(prepare_stage, "reject_shared_subjects", lambda manifest, hint: asked.append((manifest, hint)))
    let_plugin_write(monkeypatch, note=note)
    assert prepare(settings, target) == target / "manifest.json"
    content = read_json(target / "manifest.json")
    assert {entry["path"]: entry["um_per_px"] for entry in content["images"]} == {
        f"{split}/{split}{number}.png": 0.5 for split in SPLITS for number in (0, 1)
    }
    assert content.get("notes") == ([{"what": "turned", "files": ["x.png"]}] if note else None)
    assert (target / "croissant.json").is_file()
    assert [path.name for path in target.parent.iterdir()] == ["images"]
    ((manifest, hint),) = asked
    assert manifest.content == content and hint == "keep all images of a subject on one side"
    shown = capsys.readouterr().err
    assert "own     6      16 bit  3934           4095   by hand\n" in shown
    assert "pixel size: " in shown and "0.5" in shown and ("note: " in shown) is bool(note)


def test_what_a_killed_job_left_is_removed(tmp_path, monkeypatch):
    settings, target = make_settings(tmp_path / "own"), tmp_path / "data" / "images"
    left = target.parent / ".images.preparing-x"
    left.mkdir(parents=True)
    (target.parent / ".images.preparing-y").touch()  # no folder: it is left alone
    let_plugin_write(monkeypatch)
    prepare(settings, target)
    assert not left.exists()


def test_a_picture_of_another_mode_is_refused(tmp_path, monkeypatch):
    def colour(folder):
        Image.new("RGB", (48, 32)).save(folder / "testA" / "testA1.png")
        Image.new("RGB", (48, 32)).save(folder / "testA_labels" / "testA0.png")

    settings = make_settings(tmp_path / "own")
    let_plugin_write(monkeypatch, "testA_labels/testA0.png", then=colour)
    words = r"A picture of a data set of mode grey has mode RGB\n.*testA/testA1\.png\n.*PNG of mode L,"
    with pytest.raises(UserError, match=words) as caught:
        prepare(settings, tmp_path / "images")
    assert "testA0" not in str(caught.value)


@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_copy_of_a_test_picture_in_training_is_refused_unless_allowed(tmp_path, monkeypatch, is_allowed):
    settings = make_settings(tmp_path / "own")
    settings["options"] |= {"duplicates": "allow"} if is_allowed else {}
    let_plugin_write(
        monkeypatch, then=lambda folder: shutil.copy(folder / "testA/testA1.png", folder / "trainB/trainB0.png")
    )
    if is_allowed:
        assert prepare(settings, tmp_path / "images").is_file()
        return
    with pytest.raises(UserError, match=r"testA/testA1\.png(.|\n)*trainB/trainB0\.png"):
        prepare(settings, tmp_path / "images")


def test_a_width_of_the_field_counts_above_pixel_sizes_and_holds_for_one_width_in_pixels(tmp_path, monkeypatch):
    settings = {**make_settings(tmp_path / "own"), "field_um": 96.0}
    let_plugin_write(monkeypatch)
    content = read_json(prepare(settings, tmp_path / "images"))
    assert not any("um_per_px" in entry for entry in content["images"]) and content["field_um"] == 96.0
    let_plugin_write(
        monkeypatch, then=lambda folder: write_grey(folder / "testA/testA1.png", np.eye(60, dtype=np.uint8))
    )
    with pytest.raises(UserError, match="Images of several widths share one width of the field"):
        prepare(settings, tmp_path / "images")


def test_a_companion_without_its_image_and_an_empty_split_are_refused_with_the_old_folder_kept(tmp_path, monkeypatch):
    settings, target = make_settings(tmp_path / "own"), tmp_path / "images"
    target.mkdir()
    let_plugin_write(monkeypatch, "testA_labels/stray.png", "testA_labels/testA0.png")
    words = (
        r"testA_labels has an image without a partner in testA: stray\n.*write it under the name of its image in testA"
    )
    with pytest.raises(UserError, match=words) as caught:
        prepare(settings, target)
    assert "testA0" not in str(caught.value)
    assert list(target.iterdir()) == []
    monkeypatch.setattr(prepare_stage, "load_prepare_function", lambda plugin: lambda request: None)
    with pytest.raises(UserError, match=r"trainA has no images(.|\n)*trainB has no images(.|\n)*testA has no images"):
        prepare(settings, target)


def test_a_subject_that_the_data_set_records_must_not_be_in_training_and_test(tmp_path, monkeypatch):
    settings, target = make_settings(tmp_path / "own"), tmp_path / "images"
    let_plugin_write(monkeypatch, subjects=["Ada", "Ben", "Cem", "Dan", "Eve", "Ben"])
    with pytest.raises(UserError, match="Subject Ben is in training and test") as caught:
        prepare(settings, target)
    assert "testA/testA1.png, trainA/trainA1.png" in str(caught.value) and not target.exists()
    let_plugin_write(monkeypatch, subjects=["Ada", "Ben", "Cem", "Dan", "Eve", "Eve"])
    manifest = Manifest.read(prepare(settings, target))
    assert manifest.subject_by_stem("testA") == {"testA0": "Eve", "testA1": "Eve"}
