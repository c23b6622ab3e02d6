"""The simulator of fundus photographs: the statistics of real ones, known truth, the same bytes from the same seed."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.fundussim import compare
from data.fundussim.curves import bezier, splat
from data.fundussim.parameters import Anatomy
from data.fundussim.prepare import prepare, write_dataset
from data.fundussim.scene import simulate
from data.fundussim.vessels import grow
from sspbench.commands.cli import main
from sspbench.contract import PrepareRequest
from sspbench.images.pictures import write_rgb

WEIGHTS = Path("../shared/weights/wnet_drive.safetensors")
SMALL = {"train_low": 8, "train_high": 2, "test": 2, "size": 96}


def request(output, seed=0, progress=lambda done, total: None, **options):
    return PrepareRequest(options=SMALL | options, source=None, output=output, seed=seed, progress=progress)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fundussim")
    write_dataset(request(folder), workers=1)
    return folder


@pytest.fixture(scope="module")
def scenes():
    return compare.simulated_scenes(10)


@pytest.fixture(scope="module")
def measured(scenes):
    rows = [compare.measure(scene) for scene in scenes]
    return {name: np.nanmean([row[name] for row in rows]) for name in rows[0]}


def test_folders_counts_names_and_modes(prepared):
    counts = {folder.name: len(list(folder.iterdir())) for folder in prepared.iterdir() if folder.is_dir()}
    assert counts == {
        "trainA": 8, "trainA_labels": 8, "trainA_fov": 8, "trainB": 2, "trainB_labels": 2, "trainB_fov": 2,
        "testA": 2, "testA_labels": 2, "testA_fov": 2, "testA_clean": 2, "testA_hq": 2,
    }  # fmt: skip
    for path in prepared.rglob("*.png"):
        is_mask = path.parent.name.endswith(("_labels", "_fov"))
        assert read(path).shape == ((96, 96) if is_mask else (96, 96, 3))
        if is_mask:
            assert set(np.unique(read(path))) == {0, 255}
    assert sorted(path.name for path in (prepared / "testA").iterdir()) == ["test_000.png", "test_001.png"]


@pytest.mark.parametrize("workers", [2, 5])
def test_same_seed_same_bytes_whatever_the_workers(prepared, tmp_path, workers):
    write_dataset(request(tmp_path), workers=workers)
    assert contents(tmp_path) == contents(prepared)


def test_other_seed_other_photographs(prepared, tmp_path):
    write_dataset(request(tmp_path, seed=1, train_low=1), workers=1)
    for split in ("trainA/lq_000.png", "trainB/hq_000.png", "testA_clean/test_000.png"):
        assert (tmp_path / split).read_bytes() != (prepared / split).read_bytes()


def test_more_photographs_leave_the_first_ones_as_they_are(prepared, tmp_path):
    write_dataset(request(tmp_path, train_low=9, test=1), workers=1)
    for name in ("trainA/lq_007.png", "testA/test_000.png", "trainB/hq_001.png"):
        assert (tmp_path / name).read_bytes() == (prepared / name).read_bytes()


def test_every_poor_photograph_has_its_degradation_stored_and_all_types_take_turns(prepared):
    stored = json.loads((prepared / "degradations.json").read_text())
    assert set(stored) == {f"trainA/lq_{i:03d}.png" for i in range(8)} | {f"testA/test_{i:03d}.png" for i in range(2)}
    types = [tuple(stored[f"trainA/lq_{index:03d}.png"]["types"]) for index in range(8)]
    assert len(set(types[:7])) == 7
    assert types[7] == types[0] == ("illumination",)


def test_poor_photographs_show_the_clean_scene_worse_than_the_good_one(prepared):
    for name in ("test_000.png", "test_001.png"):
        splits = ("testA", "testA_hq", "testA_clean")
        poor, good, clean = (read(prepared / split / name).astype(float) for split in splits)
        assert np.square(good - clean).mean() < 10
        assert np.square(poor - clean).mean() > 2 * np.square(good - clean).mean()


def test_black_outside_the_field_of_view(prepared):
    for split in ("trainA", "trainB", "testA", "testA_clean"):
        for path in (prepared / split).iterdir():
            outside = read(prepared / f"{split.split('_')[0]}_fov" / path.name) == 0
            assert not read(path)[outside].any()


def test_left_and_right_eyes(scenes):
    """The optic disc, the brightest place, lies on either side."""
    sides = []
    for scene in scenes:
        green = scene.clean[..., 1].astype(float)
        columns = np.flatnonzero((green > np.percentile(green, 99.5)).sum(axis=0) > 3)
        sides.append(np.median(columns) > green.shape[1] / 2)
    assert 0 < sum(sides) < len(sides)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("red mean", 163, 213),
        ("green mean", 78, 112),
        ("blue mean", 45, 67),
        ("vessel share", 0.11, 0.15),
        ("centre-line (px)", 7500, 10000),
        ("width, median (px)", 1.0, 2.0),
        ("width, 75 % (px)", 3.0, 4.0),
        ("width, 95 % (px)", 5.0, 7.3),
        ("green contrast, width up to 1.5", -0.085, -0.045),
        ("green contrast, 1.5 to 3.5", -0.18, -0.13),
        ("green contrast, 3.5 to 5.5", -0.25, -0.20),
        ("green contrast, 5.5 to 7.5", -0.31, -0.25),
        ("green contrast, wider", -0.37, -0.27),
        ("red noise", 1.8, 2.6),
        ("green noise", 1.8, 2.6),
        ("blue noise", 1.8, 2.6),
    ],
)
def test_statistics_are_those_of_drive(measured, name, low, high):
    """Bounds: within one sd of DRIVE's pictures where it is known, else about a fifth around their mean."""
    assert low <= compare.DRIVE[name][0] <= high
    assert low <= measured[name] <= high


def test_vessels_get_thinner_and_rarer_with_width(scenes):
    for scene in scenes[:3]:
        widths = np.histogram(compare_widths(scene), bins=[0, 1.5, 3.5, 5.5, 7.5, 30])[0]
        assert (np.diff(widths[:4]) < 0).all()


def compare_widths(scene):
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import skeletonize

    vessel = scene.label > 0
    return 2 * distance_transform_edt(vessel)[skeletonize(vessel)] - 1


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="needs W-Net's public weights, ../shared/weights")
def test_a_network_that_knows_real_photographs_finds_the_vessels(scenes):
    assert compare.vessel_dice(scenes[:3], WEIGHTS).min() > 0.7


def test_murrays_law_holds_where_branches_leave():
    anatomy = Anatomy()
    vessels = grow(np.random.default_rng(0), np.array([-180.0, 0.0]), np.array([0.0, 10.0]), anatomy)
    checked = 0
    for vessel in vessels:
        assert (np.diff(vessel.radius) <= 1e-9).all()
        assert vessel.radius[-1] == pytest.approx(anatomy.thinnest)
        for index, share in vessel.branches:
            before, after = vessel.radius[index - 1], vessel.radius[index]
            # Behind the middle of a course vessels thin out anyway, and none is thinner than can be seen.
            if index < 0.4 * len(vessel.radius) and after > 1.5:
                assert before**3 == pytest.approx(after**3 + (share * before) ** 3)
                checked += 1
    assert checked > 20
    assert {vessel.is_artery for vessel in vessels} == {True, False}


def test_branches_leave_the_fovea_free():
    disc, fovea = np.array([-180.0, 0.0]), np.array([0.0, 10.0])
    vessels = grow(np.random.default_rng(1), disc, fovea, Anatomy())
    nearest = min(np.hypot(*(vessel.path - fovea).T).min() for vessel in vessels)
    assert nearest > 25


@pytest.mark.parametrize("size", [97, 200])
def test_odd_sizes(size):
    scene = simulate(np.random.default_rng(3), size)
    assert scene.photograph.shape == scene.clean.shape == (size, size, 3)
    assert scene.label.shape == scene.field_of_view.shape == (size, size)


@pytest.mark.parametrize("option", ["size: 63", "train_low: 0", "test: many", "train_high: true"])
def test_wrong_options_are_refused(tmp_path, capsys, option):
    options = ["dataset=fundussim", "preset=smoke", f"dataset_options={{{option}}}"]
    assert main(["stage", "prepare", "--results", str(tmp_path / "results"), "--set", *options]) == 2
    assert f"config: dataset_options.{option.split(':')[0]}" in capsys.readouterr().err


def test_progress_is_reported_to_the_end(tmp_path):
    calls = []
    prepare(request(tmp_path, progress=lambda done, total: calls.append((done, total)), train_low=1))
    assert calls == [(done, 5) for done in range(1, 6)]


def test_a_bezier_curve_is_walked_evenly():
    line = bezier(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [9.0, 0.0]]), 10)
    assert line[:, 0] == pytest.approx(np.arange(10), abs=0.01)


def test_splat_keeps_the_total_of_points_inside():
    positions, weights = np.array([[3.25, 5.5], [-4.0, 2.0]]), np.array([[2.0, 1.0], [7.0, 7.0]])
    assert splat(positions, weights, 16).sum(axis=(1, 2)) == pytest.approx([2.0, 1.0])


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3))])
def test_only_rgb_is_written(tmp_path, pixels):
    with pytest.raises(ValueError, match="expected"):
        write_rgb(tmp_path / "a.png", pixels)
