"""Qilu: the published figures, the preparation of an archive of its layout, and the rule of the split."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from data.qilu.splitting import FrameQuality, assign_splits, group_by_subject, measure_frame_quality, rank_quality
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.manifest import Manifest
from sspbench.plugins.discovery import get_plugin
from sspbench.plugins.parameter_schemas import default_values
from sspbench.stages.prepare import prepare

SHARES = (0.45, 0.40, 0.15)


def frame(key: int, blur: float) -> np.ndarray:
    """A field of bright lines on noise, blurred: larger ``blur``, lower quality."""
    random = np.random.default_rng(key)
    image = random.normal(90, 8, (96, 96))
    image[random.integers(0, 96, 6)] += 80
    return np.clip(gaussian_filter(image, blur), 0, 255).astype(np.uint8)


def made(root: Path, subjects: int = 12, each: int = 5) -> Path:
    for folder in ("images", "annotations"):
        (root / "Dataset" / folder).mkdir(parents=True)
    for subject in range(subjects):
        for index in range(each):
            key = subject * each + index
            name = f"S{subject:02d}_{index}.png"
            Image.fromarray(frame(key, 0.3 + (key * 7 % 10) / 4)).save(root / "Dataset/images" / name)
            mask = (frame(key, 0) > 150).astype(np.uint8) * 255
            Image.fromarray(mask).save(root / "Dataset/annotations" / name)
    return root


def settings(source: Path | None, **options) -> dict:
    return {
        "dataset": "qilu",
        "id": "qilu",
        "real": True,
        "field_um": 400,
        "options": {**default_values(get_plugin("data", "qilu").own_parameters), **options},
        "data_root": None if source is None else str(source),
        "seed": 2026,
    }


def test_the_published_figures():
    download = get_plugin("data", "qilu").meta["download"]
    assert download["url"] == "https://zenodo.org/records/18779434/files/Dataset.zip"
    assert download["bytes"] == 68_401_895
    assert download["sha256"] == "34c657a250487db58c17b3de0407f1a38fc85923f6886f1a52c193c04c995595"
    assert default_values(get_plugin("data", "qilu").own_parameters)["images"] == download["images"] == 410


def test_an_archive_of_the_layout_is_split_by_subject(tmp_path):
    made(tmp_path / "made")
    archive = Path(shutil.make_archive(str(tmp_path / "Dataset"), "zip", tmp_path / "made"))
    manifest = Manifest.read(prepare(settings(archive, images=60, verify=False), tmp_path / "out"))
    counts = manifest.content["counts"]
    assert counts["trainA"] + counts["testA"] == 27
    assert 0 < counts["trainB"] <= 24 and counts["testA"] >= 2
    for name in ("trainA", "trainB", "testA"):
        assert counts[f"{name}_labels"] == counts[name]
    facts = read_json(tmp_path / "out/split.json")
    assert facts["subjects_in_names"] and facts["subjects"] == 12
    where = {name: {row["subject"] for row in facts["images"] if row["split"] == name} for name in counts}
    assert not where["testA"] & (where["trainA"] | where["trainB"])
    assert manifest.subject_by_stem("testA") == {
        path.stem: path.stem.split("_")[0] for path in manifest.image_paths("testA")
    }
    worst_hq = min(row["quality"] for row in facts["images"] if row["split"] == "trainB")
    assert max(row["quality"] for row in facts["images"] if row["split"] in ("trainA", "testA")) < worst_hq
    again = Manifest.read(prepare(settings(tmp_path / "made", images=60), tmp_path / "again"))
    assert again.digest == manifest.digest


def test_faults_are_named(tmp_path):
    root = made(tmp_path / "made", subjects=3)
    (root / "Dataset/annotations/S00_0.png").unlink()
    (root / "Dataset/images/S01_1.png").write_bytes(b"no image")
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(root / "Dataset/annotations/S02_2.png")
    with pytest.raises(UserError) as caught:
        prepare(settings(root), tmp_path / "out")
    text = str(caught.value)
    assert "images has 15 files, not 410" in text and "annotations has 14 files, not 410" in text
    assert "no mask of its name\n    where: images/S00_0.png" in text
    assert "cannot be read\n    where: images/S01_1.png" in text
    assert "differs in size from its image\n    where: annotations/S02_2.png" in text


def test_another_archive_is_refused_unless_accepted(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("Dataset/readme.txt", "hello")
    with pytest.raises(UserError, match="not the published archive"):
        prepare(settings(tmp_path / "a.zip"), tmp_path / "out")
    with pytest.raises(UserError, match="folders images and annotations are missing"):
        prepare(settings(tmp_path / "a.zip", verify=False), tmp_path / "out")


def test_options_are_checked(tmp_path, capsys):
    wrong = "dataset_options={low: 1.5, test: x}"
    assert main(["stage", "prepare", "--results", str(tmp_path), "--set", "dataset=qilu", wrong]) == 2
    shown = capsys.readouterr().err
    assert "`low` must be at most 1, got 1.5" in shown and "`test` must be a number" in shown
    with pytest.raises(UserError, match="exceed 1"):
        prepare(settings(tmp_path, low=0.7, high=0.7), tmp_path / "out")


def test_folders_without_images_are_refused(tmp_path):
    for folder in ("images", "annotations"):
        (tmp_path / "empty" / folder).mkdir(parents=True)
    with pytest.raises(UserError, match="The folder images holds no images"):
        prepare(settings(tmp_path / "empty", images=None), tmp_path / "out")


def test_without_the_download_the_command_says_how(tmp_path, capsys):
    if (get_plugin("data", "qilu").folder / "raw/Dataset.zip").exists():
        pytest.skip("the data set has been downloaded here")
    assert main(["stage", "prepare", "--set", "dataset=qilu", "--results", str(tmp_path)]) == 2
    assert "python -m sspbench download qilu" in capsys.readouterr().err


def test_blur_lowers_sharpness_and_a_slope_lowers_evenness():
    clear = frame(1, 0.5)
    slope = np.linspace(0.3, 1.0, 96)[None]
    assert measure_frame_quality(frame(1, 2.0)).sharpness < measure_frame_quality(clear).sharpness
    assert (
        measure_frame_quality((clear * slope).astype(np.uint8)).evenness < measure_frame_quality(clear).evenness - 0.1
    )
    darker = measure_frame_quality((clear // 2).astype(np.uint8))
    assert darker.sharpness == pytest.approx(measure_frame_quality(clear).sharpness, rel=0.05)
    assert measure_frame_quality(np.zeros((96, 96), np.uint8)) == FrameQuality(0.0, 0.0)


def test_quality_is_the_mean_of_both_ranks():
    given = [FrameQuality(0.1, 0.5), FrameQuality(0.3, 0.9), FrameQuality(0.2, 0.5)]
    assert rank_quality(given) == pytest.approx([(1 + 1.5) / 6, 1.0, (2 + 1.5) / 6])


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["12_1", "12_2", "7_1", "9_1", "8_1", "8_2"], ["12", "12", "7", "9", "8", "8"]),
        (["P01-OD-1", "P01-OS-2", "P02-OD-1", "P03-1"], None),
        (["P01-OD-1", "P02-OS-2", "P03-OD-1", "P03-1", "P04 (2)", "P05.1"], ["P01", "P02", "P03", "P03", "P04", "P05"]),
        (["image_001", "image_002", "image_003"], None),
        (["2023_001", "2023_002", "2023_003", "2023_004"], None),
        (["1", "2", "3"], None),
    ],
)
def test_subjects_from_names(names, groups):
    found, carried = group_by_subject(names, [{str(index)} for index in range(len(names))])
    assert carried is (groups is not None)
    assert found == (groups or names)


def test_equal_pictures_share_a_subject():
    found, _ = group_by_subject(["1", "2", "3", "4"], [{"x"}, {"y", "v"}, {"w", "y"}, {"x", "u"}])
    assert found[0] == found[3] != found[1] == found[2]


def test_the_split_depends_on_the_seed_only_for_the_test():
    groups = [f"s{index // 4}" for index in range(200)]
    rated = np.random.default_rng(0).random(200)
    one, same, other = (assign_splits(groups, rated, SHARES, seed) for seed in (1, 1, 2))
    assert one == same != other
    for chosen in (one, other):
        assert abs(chosen.count("testA") - 0.15 * 90) <= 2
        assert chosen.count("trainA") + chosen.count("testA") == 90
        tested = {group for group, name in zip(groups, chosen, strict=True) if name == "testA"}
        assert not any(name and name != "testA" for group, name in zip(groups, chosen, strict=True) if group in tested)
