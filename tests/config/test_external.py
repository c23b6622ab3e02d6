"""Images that were enhanced elsewhere: rows of the benchmark without a line of code."""

import os
import shutil

import numpy as np
import pytest
from PIL import Image

from sspbench.config.datasets import build_plans
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import list_images, read_grey, write_grey
from sspbench.jobs.image_folders import verified_images
from sspbench.stages.import_external import import_external
from tests.conftest import make_data

SIDE = 72


def given(**config):
    return merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"methods": ["identity"], "ablation": None, **config})


def pixels(seed):
    return np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)


@pytest.fixture
def theirs(tmp_path):
    """A folder with an image for each of three test images."""
    for number in range(3):
        write_grey(tmp_path / "theirs" / f"lq_{number}.png", pixels(number))
    return tmp_path / "theirs"


@pytest.fixture
def manifest(tmp_path):
    """A prepared data set of three test images, one of which had to be renamed."""
    for number in range(3):
        write_grey(tmp_path / "data" / "testA" / f"lq_{number}.png", pixels(10 + number))
    return Manifest.read(write_manifest(tmp_path / "data", {"dataset": "any", "field_um": 400}))


def settings(folder):
    return Plan(given(external={"theirs": str(folder)})).external_settings(run_of(folder))


def run_of(folder, **config):
    plan = Plan(given(external={"theirs": str(folder)}, **config))
    return next(run for run in plan.runs if run.is_external)


def taken(theirs, manifest, folder):
    import_external(settings(theirs), theirs, manifest, folder)
    return {path.stem: read_grey(path) for path in verified_images(folder / "enhanced")}


def test_a_folder_is_a_row_of_its_own_group_that_says_what_it_is(theirs):
    run = run_of(theirs)
    assert (run.id, run.label, run.group, run.heading) == (
        "theirs", "theirs (external)", "external", "Enhanced outside the suite",
    )  # fmt: skip
    assert not run.is_learned


def test_every_replicate_has_the_row(theirs):
    runs = Plan(given(external={"theirs": str(theirs), "more": str(theirs)}, seeds=[0, 3])).runs
    assert [(run.id, run.seed) for run in runs if run.is_external] == [
        ("more", 0), ("more", 3), ("theirs", 0), ("theirs", 3),
    ]  # fmt: skip


def test_all_faults_of_the_config_are_told_at_once(theirs):
    (theirs / "file.zip").write_bytes(b"")
    rows = {
        "dcp": str(theirs),
        "Identity": str(theirs),
        "no name": str(theirs),
        "gone": str(theirs / "gone"),
        "packed": str(theirs / "file.zip"),
        "twice": str(theirs),
        "Twice": str(theirs),
        "nothing": None,
    }
    with pytest.raises(UserError) as told:
        Plan(given(external=rows, methods=["sspnt"], metrics={"niq": {}}))
    text = str(told.value)
    for part in (
        "external.dcp", "external.Identity", "'no name' is not allowed", "external.gone", "external.packed",
        "external.Twice", "external.nothing", "Did you mean 'sspnet'", "Did you mean 'niqe'",
    ):  # fmt: skip
        assert part in text, part
    assert "external.twice\n" not in text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_opened_is_told(theirs):
    theirs.chmod(0)
    with pytest.raises(UserError, match="cannot be read"):
        Plan(given(external={"theirs": str(theirs)}))
    theirs.chmod(0o700)


def test_a_folder_named_by_a_number_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2024").mkdir()
    assert Plan(given(external={"theirs": 2024})).config["external"] == {"theirs": "2024"}


def test_of_several_data_sets_one_has_to_be_named(theirs):
    with pytest.raises(UserError, match=r"whose test images(.|\n)*datasets=\[\{id"):
        build_plans(given(datasets=[{"id": "a"}, {"id": "b"}], external={"theirs": str(theirs)}))
    found = build_plans(given(datasets=[{"id": "a", "external": {"theirs": str(theirs)}}, {"id": "b"}]))
    assert [[run.id for run in plan.runs] for plan in found.values()] == [["identity", "theirs"], ["identity"]]


def test_the_row_depends_on_names_and_contents_of_its_images_and_on_nothing_else(theirs):
    before = settings(theirs)["images"]
    (theirs / "notes.txt").write_text("to be left alone")
    (theirs / "._lq_0.png").write_bytes(b"of some system")
    shutil.copytree(theirs, theirs / "below")
    assert settings(theirs)["images"] == before
    write_grey(theirs / "lq_1.png", pixels(99))
    changed = settings(theirs)["images"]
    assert changed != before
    (theirs / "lq_1.png").rename(theirs / "lq_1b.png")  # in the same place among the others
    assert settings(theirs)["images"] not in (before, changed)


def test_only_the_folder_s_own_name_is_recorded(theirs):
    found = settings(theirs)
    assert len(found.pop("images")) == 64
    assert found == {"kind": "external", "name": "theirs", "folder": "theirs", "color": "grey"}


def test_images_of_every_format_are_taken_in_as_grey_png(theirs, manifest, tmp_path):
    (theirs / "lq_1.png").unlink()
    (theirs / "lq_2.png").unlink()
    Image.fromarray(np.stack([pixels(1)] * 3, axis=2)).save(theirs / "lq_1.bmp")
    Image.fromarray(pixels(2).astype(np.uint16) * 257).save(theirs / "lq_2.tiff")
    found = taken(theirs, manifest, tmp_path / "run")
    assert sorted(found) == ["lq_0", "lq_1", "lq_2"]
    for number in range(3):
        np.testing.assert_array_equal(found[f"lq_{number}"], pixels(number))
    record = read_json(tmp_path / "run/jobs/enhance.json")
    assert record["images"] == 3
    assert "seconds_per_image" not in record
    assert str(tmp_path) not in str(record)


def test_what_was_done_to_images_is_recorded(theirs, manifest, tmp_path):
    (theirs / "lq_0.png").unlink()
    Image.fromarray(pixels(0)).save(theirs / "lq_0.jpg")
    (theirs / "log.txt").write_text("")
    taken(theirs, manifest, tmp_path / "run")
    notes = read_json(tmp_path / "run/jobs/enhance.json")["notes"]
    assert any("JPEG" in note for note in notes)
    assert any("1 file left out" in note for note in notes)


def test_a_test_image_that_was_renamed_is_known_by_its_old_name_too(theirs, tmp_path):
    from sspbench.images.names import make_safe_name

    write_grey(tmp_path / "data" / "testA" / f"{make_safe_name('=1')}.png", pixels(5))
    known = Manifest.read(write_manifest(tmp_path / "data", {}))
    for path in theirs.iterdir():
        path.unlink()
    write_grey(theirs / "=1.png", pixels(6))
    assert list(taken(theirs, known, tmp_path / "run")) == [make_safe_name("=1")]


def test_all_faults_of_the_images_are_told_at_once_by_file_without_their_place(theirs, manifest, tmp_path):
    (theirs / "lq_0.png").rename(theirs / "lq_0_fake.png")
    write_grey(theirs / "lq_1.png", pixels(1)[:, :-1])
    Image.fromarray(np.stack([pixels(2), pixels(3), pixels(4)], axis=2)).save(theirs / "lq_2.png")
    (theirs / "lq_2.tif").write_bytes(b"no image")
    with pytest.raises(UserError) as told:
        taken(theirs, manifest, tmp_path / "run")
    text = str(told.value)
    for part in (
        "where: lq_0\n", "lq_0_fake.png", "is it lq_0?", "71x72, its test image 72x72", "lq_1.png", "in colour",
        "lq_2.png", "lq_2.tif", "cannot be read", "Two files share the name lq_2", "(7)",
    ):  # fmt: skip
        assert part in text, part
    assert str(tmp_path) not in text
    assert not (tmp_path / "run" / "enhanced").exists()


def test_a_folder_without_images_is_one_fault(theirs, manifest, tmp_path):
    for path in theirs.iterdir():
        path.rename(path.with_suffix(".npy"))
    with pytest.raises(UserError, match=r"\(1\)(.|\n)*it holds .npy"):
        taken(theirs, manifest, tmp_path / "run")


def test_the_row_s_own_results_are_not_taken_for_its_images(manifest, tmp_path, theirs):
    folder = tmp_path / "run"
    shutil.copytree(theirs, folder / "enhanced")
    with pytest.raises(UserError, match="would be removed before they are read"):
        taken(folder / "enhanced", manifest, folder)
    assert len(list((folder / "enhanced").iterdir())) == 3


def test_pictures_that_were_given_each_others_names_are_reported_and_those_that_were_not_are_not(tmp_path, capsys):
    data = make_data(tmp_path / "data", {"testA": 4}, SIDE)
    originals = {path.stem: read_grey(path) for path in data.image_paths("testA")}
    inverted = {name: 255 - image // 2 for name, image in originals.items()}
    brighter = {
        name: np.clip(image * 0.4 + 120 + np.arange(SIDE), 0, 255).astype(np.uint8) for name, image in originals.items()
    }
    swapped = {**brighter, "000": brighter["002"], "002": brighter["000"]}
    for kind, pictures in {"brighter": brighter, "inverted": inverted, "swapped": swapped}.items():
        for name, image in pictures.items():
            write_grey(tmp_path / kind / f"{name}.png", image)
        import_external(settings(tmp_path / kind), tmp_path / kind, data, tmp_path / "run" / kind)
        notes = read_json(tmp_path / "run" / kind / "jobs" / "enhance.json")["notes"]
        said = [note for note in notes if "resemble another test image more than their own" in note]
        assert len(said) == (kind == "swapped"), (kind, notes)
    assert "2 images resemble another" in said[0]
    assert "000 resembles 002, 002 resembles 000" in said[0]
    assert said[0] in capsys.readouterr().err


def test_hidden_files_of_other_systems_are_no_images(theirs, manifest, tmp_path):
    for place in (theirs, manifest.folder / "testA"):
        (place / "._lq_0.png").write_bytes(b"no image")
        assert [path.name for path in list_images(place)] == ["lq_0.png", "lq_1.png", "lq_2.png"]
    assert set(taken(theirs, manifest, tmp_path / "run")) == {"lq_0", "lq_1", "lq_2"}
