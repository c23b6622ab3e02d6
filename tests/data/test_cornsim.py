"""The simulator of corneal images: known truth, unpaired, the same bytes from the same seed."""

from pathlib import Path

import numpy as np
import pytest

from data.cornsim import compare, nerves
from data.cornsim.curves import draw_smooth_field, draw_smooth_noise, enlarge_field, splat_points
from data.cornsim.nerves import Fibres
from data.cornsim.parameters import HIGH_ANATOMY, LOW_ANATOMY
from data.cornsim.prepare import prepare, write_dataset
from data.cornsim.scene import simulate_frame
from sspbench.commands.cli import main
from sspbench.config.overrides import resolve_params
from sspbench.contract import PrepareRequest
from sspbench.images.pictures import list_images, read_grey, read_stack
from sspbench.plugins.discovery import get_plugin
from sspbench.plugins.parameter_schemas import default_values

REAL = Path("../shared/data/ivcm-mini")
CORNSIM = get_plugin("data", "cornsim")
SMALL = {"train_low": 3, "train_high": 2, "test": 2, "size": 96}


def request(output, seed=0, progress=lambda done, total: None, **options):
    return PrepareRequest(options=SMALL | options, source=None, output=output, seed=seed, progress=progress)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.png"))}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cornsim")
    write_dataset(request(folder), workers=1)
    return folder


@pytest.fixture(scope="module")
def frames():
    return {q: [simulate_frame(np.random.default_rng([5, i]), 384, q) for i in range(10)] for q in ("low", "high")}


def test_folders_counts_sizes_and_names(prepared):
    counts = {folder.name: len(list_images(folder)) for folder in prepared.iterdir()}
    assert counts == {
        "trainA": 3, "trainA_labels": 3, "trainB": 2, "trainB_labels": 2,
        "testA": 2, "testA_labels": 2, "testA_clean": 2, "testA_hq": 2,
    }  # fmt: skip
    assert [p.name for p in list_images(prepared / "trainA")] == ["lq_000.png", "lq_001.png", "lq_002.png"]
    for split in ("trainA", "trainB", "testA"):
        images, labels = list_images(prepared / split), list_images(prepared / f"{split}_labels")
        assert [p.name for p in images] == [p.name for p in labels]
        assert read_stack(images).shape[1:] == (96, 96)
    assert [p.name for p in list_images(prepared / "testA")] == [p.name for p in list_images(prepared / "testA_clean")]


def test_the_second_picture_shows_the_same_scene_better_and_leaves_the_first_alone():
    alone, both = (
        simulate_frame(np.random.default_rng([5, 1]), 192, "low", rng) for rng in (None, np.random.default_rng(8))
    )
    assert np.array_equal(alone.image, both.image)
    assert np.array_equal(alone.clean, both.clean)
    assert alone.high is None
    likeness = [np.corrcoef(part.ravel(), both.clean.ravel())[0, 1] for part in (both.image, both.high)]
    assert likeness[1] > likeness[0] + 0.05


def test_labels_are_binary_and_hold_nerves(prepared):
    for folder in prepared.glob("*_labels"):
        assert set(np.unique(read_stack(list_images(folder)))) == {0, 255}


@pytest.mark.parametrize("workers", [2, 5])
def test_same_seed_same_bytes_whatever_the_workers(prepared, tmp_path, workers):
    write_dataset(request(tmp_path), workers=workers)
    assert contents(tmp_path) == contents(prepared)


def test_other_seed_other_images(prepared, tmp_path):
    write_dataset(request(tmp_path, seed=1), workers=1)
    before, after = contents(prepared), contents(tmp_path)
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before)


def test_more_images_leave_the_first_ones_as_they_are(prepared, tmp_path):
    write_dataset(request(tmp_path, train_low=4, test=1), workers=1)
    assert (tmp_path / "trainA/lq_002.png").read_bytes() == (prepared / "trainA/lq_002.png").read_bytes()
    assert (tmp_path / "testA/test_000.png").read_bytes() == (prepared / "testA/test_000.png").read_bytes()


def test_all_scenes_differ_so_the_sets_are_unpaired(prepared):
    labels = [read_grey(path) > 0 for folder in prepared.glob("*_labels") for path in list_images(folder)]
    for i, one in enumerate(labels):
        for other in labels[i + 1 :]:
            overlap = 2 * (one & other).sum() / (one.sum() + other.sum())
            assert overlap < 0.6


def test_progress_is_told_to_the_end(tmp_path):
    told = []
    prepare(request(tmp_path, progress=lambda done, total: told.append((done, total))))
    assert told == [(done, 7) for done in range(1, 8)]


def test_smoke_preset_is_small_and_works(tmp_path):
    smoke = resolve_params(CORNSIM, "smoke")
    assert (smoke["train_low"] + smoke["train_high"] + smoke["test"]) * smoke["size"] ** 2 < 20 * 128**2
    prepare(request(tmp_path, **smoke))
    assert len(list_images(tmp_path / "trainA")) == smoke["train_low"]


def test_default_is_the_split_of_corn_2():
    counts = {"train_low": 340, "train_high": 288, "test": 60}
    assert default_values(CORNSIM.own_parameters) == {**counts, "dose": None, "size": 384}
    assert CORNSIM.meta["presets"]["paper"] == {}


@pytest.mark.parametrize("option", ["size: 63", "train_low: 0", "test: many", "train_high: true"])
def test_wrong_options_are_refused(tmp_path, capsys, option):
    options = ["dataset=cornsim", "preset=smoke", f"dataset_options={{{option}}}"]
    assert main(["stage", "prepare", "--results", str(tmp_path / "results"), "--set", *options]) == 2
    assert f"config: dataset_options.{option.split(':')[0]}" in capsys.readouterr().err


@pytest.mark.parametrize("size", [97, 200])
def test_odd_sizes(size):
    frame = simulate_frame(np.random.default_rng(3), size, "low")
    for image in (frame.image, frame.clean, frame.label):
        assert image.shape == (size, size)
        assert image.dtype == np.uint8


@pytest.mark.parametrize("quality", ["low", "high"])
def test_nerves_are_bright_in_clean_and_image(frames, quality):
    for frame in frames[quality]:
        nerve = frame.label > 0
        assert frame.clean[nerve].mean() - frame.clean[~nerve].mean() > 20
        assert frame.image[nerve].mean() - frame.image[~nerve].mean() > 15


@pytest.mark.parametrize("quality", ["low", "high"])
def test_nerve_share_is_that_of_thin_fibres(frames, quality):
    share = np.mean([(frame.label > 0).mean() for frame in frames[quality]])
    assert 0.03 < share < 0.12


def mean_over(frames, measure):
    return np.mean([measure(frame) for frame in frames])


def contrast(frame):
    """Nerve over background."""
    return frame.image[frame.label > 0].mean() / frame.image[frame.label == 0].mean()


def noise(frame):
    """Median difference of neighbours, grey levels: nearly all noise."""
    return np.median(np.abs(np.diff(frame.image.astype(float), axis=1)))


def test_low_quality_is_noisier_less_even_and_of_less_contrast(frames):
    low, high = frames["low"], frames["high"]
    uneven = {"low": mean_over(low, lambda f: compare.cv48(f.image))}
    uneven["high"] = mean_over(high, lambda f: compare.cv48(f.image))
    assert uneven["low"] > 1.2 * uneven["high"]
    assert uneven["low"] > 1.5 * mean_over(low, lambda f: compare.cv48(f.clean))
    assert mean_over(low, noise) > 1.2 * mean_over(high, noise)
    assert mean_over(low, contrast) < 0.9 * mean_over(high, contrast)


def test_clean_shows_the_scene_of_its_image_and_of_no_other(frames):
    clean, image = frames["low"][0].clean.astype(float), frames["low"][0].image.astype(float)
    other = frames["low"][1].clean.astype(float)
    assert np.corrcoef(clean.ravel(), image.ravel())[0, 1] > 0.5
    assert abs(np.corrcoef(other.ravel(), image.ravel())[0, 1]) < 0.3


@pytest.mark.parametrize("anatomy", [LOW_ANATOMY, HIGH_ANATOMY])
def test_fibres_are_thin_and_visible(anatomy):
    fibres = nerves.grow_fibres(np.random.default_rng(0), 384, anatomy)
    assert fibres.sigma.min() > 0
    assert np.quantile(2.35 * fibres.sigma, 0.95) < 6.0
    assert fibres.peak.min() > 0


def _line(sigma, peak):
    x = np.arange(0.0, 64.0, 0.5)
    return Fibres(np.full_like(x, 32.0), x, np.full_like(x, sigma), np.full_like(x, peak))


@pytest.mark.parametrize("sigma", [0.8, 1.2, 1.75])
def test_a_fibre_is_rendered_with_its_peak_and_width(sigma):
    profile = nerves.render_fibres(_line(sigma, 100.0), 64)[:, 30]
    assert profile[32] == pytest.approx(100.0, rel=0.12)
    measured = np.sqrt(np.sum(profile * (np.arange(64) - 32.0) ** 2) / profile.sum())
    assert measured == pytest.approx(sigma, rel=0.12)


def test_the_mask_covers_the_bright_part_of_a_fibre():
    line = _line(1.75, 100.0)
    bright = nerves.render_fibres(line, 64)[:, 30] > 50.0
    mask = nerves.mask_fibres(line, 64)[:, 30]
    assert (mask | ~bright).all()
    assert mask.sum() == 5


def test_no_fibres_no_mask():
    nothing = Fibres(*(np.zeros(0) for _ in range(4)))
    assert not nerves.mask_fibres(nothing, 64).any()
    assert not nerves.render_fibres(nothing, 64).any()


def test_splat_keeps_the_total_of_points_inside():
    canvas = splat_points(np.array([3.25, -100.0]), np.array([5.5, 2.0]), np.array([2.0, 7.0]), 16)
    assert canvas.sum() == pytest.approx(2.0)


def test_smooth_random_material_has_about_unit_sd():
    rng = np.random.default_rng(0)
    assert draw_smooth_noise(rng, 200, 300.0, 20.0).std() == pytest.approx(0.85, abs=0.2)
    assert draw_smooth_field(rng, 256, 20.0).std() == pytest.approx(0.72, abs=0.2)


def test_enlarge_is_bilinear():
    coarse = np.add.outer(np.arange(6.0), 2 * np.arange(6.0))
    assert np.allclose(enlarge_field(coarse, 3, 12), np.add.outer(np.arange(12) / 3, 2 * np.arange(12) / 3))


@pytest.mark.skipif(not REAL.is_dir(), reason="needs the real frames of ../shared/data/ivcm-mini")
@pytest.mark.parametrize(("quality", "splits"), [("low", ("trainA", "testA")), ("high", ("trainB",))])
def test_mean_figures_lie_in_the_range_of_real_frames(quality, splits):
    real = compare.measure_sample(compare.load_real_sample(REAL, splits))
    simulated = compare.measure_sample(compare.stack_frames(compare.simulate_frames(quality, 24)))
    outside = {name for name, values in real.items() if not values.min() <= simulated[name].mean() <= values.max()}
    assert outside == set()


def test_a_dose_of_nerves_changes_the_good_images_alone(prepared, tmp_path):
    shares = {}
    for dose in (1.0, 3.0):
        folder = tmp_path / str(dose)
        write_dataset(request(folder, dose=dose), workers=2)
        assert digests(folder, "trainA", "testA", "testA_clean") == digests(prepared, "trainA", "testA", "testA_clean")
        assert digests(folder, "trainB") != digests(prepared, "trainB")
        shares[dose] = np.mean([read_grey(path) > 0 for path in (folder / "trainB_labels").iterdir()])
    assert shares[3.0] > 2 * shares[1.0]


def digests(folder, *splits):
    return {path.name: path.read_bytes() for split in splits for path in (folder / split).iterdir()}
