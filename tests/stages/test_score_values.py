"""Every value of ``scores.csv`` against the files: read by Pillow, measured by another library or formula."""

from __future__ import annotations

import csv
import json
import math
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt
from skimage.measure import shannon_entropy
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from skimage.morphology import skeletonize
from sklearn import metrics as sk

from metrics.lengths import measure_invented_and_lost
from metrics.morphometry import measure_morphometry
from sspbench.files import write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.stages.score import score

FIELD_UM = 250.0
THRESHOLD = 90
TOLERANCE_PX = 1
SIZES = {
    "a-oblong": (48, 70),
    **dict.fromkeys(["b1", "b2", "b3", "b4", "b5"], (64, 64)),
    "c-wide": (40, 90),
    "d-unlabelled": (64, 64),
    "e-unpaired": (64, 64),
}
"""Height and width of each image; of one size more than are scored at once."""
RUN = {"dataset": "made", "preset": "demo", "method": "gamma", "variant": "strong", "seed": 3}


def draw_nerves(random, shape, on=255, off=0):
    """A few strips of unequal place, length and width."""
    picture = np.full(shape, off, np.uint8)
    for _ in range(3):
        top, left = random.integers(2, shape[0] - 8), random.integers(2, shape[1] // 2)
        high, long = random.integers(2, 5), random.integers(12, shape[1] // 2)
        picture[top : top + high, left : left + long] = on
    return picture


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """The folders of data and run, and the values and notes of ``scores.csv`` by image and metric."""
    folder, random = tmp_path_factory.mktemp("scored"), np.random.default_rng(4)
    data, run = folder / "data", folder / "run"
    for name, shape in SIZES.items():
        origin = random.integers(30, 140, shape).astype(np.uint8)
        label = draw_nerves(random, shape, on=128, off=127)
        clean = np.clip(origin + random.integers(-9, 30, shape), 0, 255).astype(np.uint8)
        seen = np.roll(label, 1, axis=0)
        seen[:, : shape[1] // 3] = 127
        pictures = {
            data / "testA": origin,
            data / "testA_labels": label,
            data / "testA_clean": clean,
            run / "enhanced": np.clip(1.5 * clean + random.normal(0, 6, shape), 0, 255).astype(np.uint8),
            run / "masks": np.maximum(seen, draw_nerves(random, shape, on=128, off=127)),
            run / "probabilities": np.clip(label + random.normal(-20, 50, shape), 0, 255).astype(np.uint8),
        }
        missing = {"d-unlabelled": data / "testA_labels", "e-unpaired": data / "testA_clean"}.get(name)
        for place, picture in pictures.items():
            if place != missing:
                write_grey(place / f"{name}.png", picture)
    write_manifest(data, {"dataset": "made", "field_um": 400.0})
    for kind in ("enhanced", "masks", "probabilities"):
        write_folder_manifest(run / kind, [run / kind / f"{name}.png" for name in SIZES])
    write_json(run / "jobs" / "segment.json", {"threshold": {"level": THRESHOLD, "dice": 0.9, "images": 2}})
    settings = {"metrics": {"centreline": {"tolerance_px": TOLERANCE_PX}}, "field_um": FIELD_UM, "structure": "nerve"}
    score(settings, RUN, Manifest.read(data / "manifest.json"), run)
    return data, run, read_scores(run)


def read_scores(run):
    with (run / "scores.csv").open(newline="") as stream:
        return {(line["image"], line["metric"]): line for line in csv.DictReader(stream)}


def read_picture(folder, name):
    return np.array(Image.open(folder / f"{name}.png"))


def read_mask(folder, name):
    return read_picture(folder, name) >= 128


def get_values(scored, *names):
    """The values of metrics by image, in the order of the images."""
    lines = scored[2]
    return {
        image: [float(lines[image, name]["value"]) for name in names] for image in SIZES if (image, names[0]) in lines
    }


LABELLED = [name for name in SIZES if name != "d-unlabelled"]
PAIRED = [name for name in SIZES if name != "e-unpaired"]


def test_agreement_of_masks_and_labels(scored):
    data, run, _ = scored
    wanted = {}
    for name in LABELLED:
        label, mask = read_mask(data / "testA_labels", name).ravel(), read_mask(run / "masks", name).ravel()
        sensitivity, specificity = sk.recall_score(label, mask), sk.recall_score(~label, ~mask)
        precision = sk.precision_score(label, mask)
        wanted[name] = [
            sk.accuracy_score(label, mask),
            sensitivity,
            specificity,
            1 - precision,
            precision,
            sk.f1_score(label, mask),
            math.sqrt(sensitivity * specificity),
            sk.cohen_kappa_score(label, mask),
        ]
    found = get_values(scored, "acc", "sen", "spe", "fdr", "ppv", "dice", "gmean", "kappa")
    assert found == {name: pytest.approx(values, rel=1e-12) for name, values in wanted.items()}


def test_what_is_read_off_the_probability_maps(scored):
    data, run, _ = scored
    wanted = {}
    for name in LABELLED:
        label = read_mask(data / "testA_labels", name).ravel()
        probability = read_picture(run / "probabilities", name).ravel()
        wanted[name] = [
            sk.roc_auc_score(label, probability),
            sk.average_precision_score(label, probability),
            sk.f1_score(label, probability > THRESHOLD),
            sk.f1_score(label, probability > 25.5),
            sk.f1_score(label, probability > 178.5),
        ]
    found = get_values(scored, "auc", "average_precision", "dice_chosen", "dice_at_10", "dice_at_70")
    assert found == {name: pytest.approx(values, rel=1e-12) for name, values in wanted.items()}


def test_agreement_of_centrelines_within_the_tolerance_of_the_config(scored):
    data, run, _ = scored
    wanted = {}
    for name in LABELLED:
        label, mask = read_mask(data / "testA_labels", name), read_mask(run / "masks", name)
        true, seen = skeletonize(label), skeletonize(mask)
        sensitivity = (distance_transform_edt(~seen)[true] <= TOLERANCE_PX).mean()
        false_share = (distance_transform_edt(~true)[seen] > TOLERANCE_PX).mean()
        topology = label[seen].mean(), mask[true].mean()
        wanted[name] = [sensitivity, false_share, 2 * topology[0] * topology[1] / sum(topology)]
    found = get_values(scored, "centreline_sen", "centreline_fdr", "cldice")
    assert found == {name: pytest.approx(values, rel=1e-12) for name, values in wanted.items()}
    assert len({values[0] for values in found.values()}) > 3


def test_likeness_to_the_clean_image(scored):
    data, run, _ = scored
    wanted = {}
    for name in PAIRED:
        image, clean = read_picture(run / "enhanced", name), read_picture(data / "testA_clean", name)
        likeness = structural_similarity(
            clean, image, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        wanted[name] = [peak_signal_noise_ratio(clean, image, data_range=255), likeness]
    found = get_values(scored, "psnr", "ssim")
    assert found == {name: pytest.approx(values, rel=1e-9) for name, values in wanted.items()}


def test_information_and_sharpness_of_the_enhanced_image(scored):
    wanted = {}
    for name in SIZES:
        image = read_picture(scored[1] / "enhanced", name).astype(float)
        dx, dy = np.diff(image, axis=1)[:-1], np.diff(image, axis=0)[:, :-1]
        wanted[name] = [shannon_entropy(image), np.sqrt((dx**2 + dy**2) / 2).mean()]
    found = get_values(scored, "entropy", "avg_gradient")
    assert found == {name: pytest.approx(values, rel=1e-9) for name, values in wanted.items()}


def test_lengths_and_densities_of_the_nerves_of_each_mask(scored):
    data, run, _ = scored
    names = ("cnfl", "nerve_count", "cnbd", "nerve_width", "tortuosity")
    wanted, errors = {}, {}
    for name in SIZES:
        own = measure_morphometry(read_mask(run / "masks", name), FIELD_UM)
        wanted[name] = [own[key] for key in names]
        errors[name] = [math.nan] * len(names)
        if name in LABELLED:
            true = measure_morphometry(read_mask(data / "testA_labels", name), FIELD_UM)
            errors[name] = [abs(own[key] - true[key]) for key in names]
    found = get_values(scored, *names)
    assert found == {name: pytest.approx(values, rel=1e-12, nan_ok=True) for name, values in wanted.items()}
    found = get_values(scored, *(f"{name}_error" for name in names))
    assert found == {name: pytest.approx(values, rel=1e-9, nan_ok=True) for name, values in errors.items()}


def test_invented_and_lost_lengths(scored):
    data, run, _ = scored
    wanted = {}
    for name in LABELLED:
        pair = read_mask(run / "masks", name), read_mask(data / "testA_labels", name)
        wanted[name] = [value[0] for value in measure_invented_and_lost(*(one[None] for one in pair), 3.0)]
    found = get_values(scored, "hallucinated", "lost")
    assert found == {name: pytest.approx(values, rel=1e-12) for name, values in wanted.items()}
    assert len({tuple(values) for values in found.values()}) > 3


def test_every_line_names_its_run_and_no_value_is_missing_without_a_note(scored):
    lines = scored[2].values()
    assert {tuple(line[key] for key in RUN) for line in lines} == {("made", "demo", "gamma", "strong", "3")}
    assert all((line["value"] == "nan") == bool(line["note"]) for line in lines)
    assert {name for name, _ in scored[2]} == set(SIZES)
    assert "holds 0 blocks" in scored[2]["b1", "niqe"]["note"]


def test_lines_come_image_by_image(scored):
    with (scored[1] / "scores.csv").open() as stream:
        images = [line.split(",")[5] for line in stream][1:]
    assert list(dict.fromkeys(images)) == list(SIZES)
    assert sum(before != after for before, after in pairwise(images)) == len(SIZES) - 1


def test_the_run_record_gathers_the_stages(scored):
    run = scored[1]
    record = json.loads((run / "run.json").read_text())
    assert set(record) == {"segment", "score"}
    assert record["segment"]["threshold"]["level"] == THRESHOLD
    assert record["score"]["images"] == len(SIZES)
