"""What rival definitions take from the HQ training images is fitted once, and again when anything it needs changes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sspbench.contract import MetricFamily
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.stages.definitions import ENLARGEMENT_FACTORS, collect_definitions, load_or_fit_constants


class Brightest(MetricFamily):
    """Its fitted definition is the distance to the mean of the good images."""

    fits = 0

    def fit_definitions(self, good):
        type(self).fits += 1
        return {"mean": float(np.mean([image.mean() for image in good]))}

    def fitted_definitions(self, constants):
        return {"distance": lambda images: np.abs(images.mean(axis=(1, 2)) - constants["mean"])}


@pytest.fixture
def family():
    Brightest.fits = 0
    return Brightest()


def prepare(folder, levels):
    for split in ("trainA", "trainB", "testA"):
        for number, level in enumerate(levels):
            write_grey(folder / split / f"{number}.png", np.full((8, 8), level, np.uint8))
    return Manifest.read(write_manifest(folder, {"dataset": "made"}))


def test_the_second_job_reads_what_the_first_fitted(family, tmp_path):
    manifest, families = prepare(tmp_path / "data", [10, 20]), {"plain": MetricFamily(), "brightest": family}
    digests = {"plain": "a", "brightest": "b"}
    found = [load_or_fit_constants(families, digests, manifest, tmp_path / "cache") for _ in range(2)]
    assert found == [{"brightest": {"mean": 15.0}}] * 2
    assert Brightest.fits == 1
    definitions = collect_definitions(families, found[1])
    assert definitions["distance"](np.full((1, 8, 8), 12, np.uint8)).tolist() == [3.0]


def test_other_images_and_other_code_are_fitted_anew(family, tmp_path):
    for place, (levels, digest) in enumerate([([10, 20], "b"), ([10, 30], "b"), ([10, 20], "c")]):
        manifest = prepare(tmp_path / str(place), levels)
        found = load_or_fit_constants({"brightest": family}, {"brightest": digest}, manifest, tmp_path / "cache")
        assert found == {"brightest": {"mean": float(np.mean(levels))}}
    assert Brightest.fits == 3


def test_a_damaged_record_costs_a_fit(family, tmp_path):
    manifest, cache = prepare(tmp_path / "data", [10, 20]), tmp_path / "cache"
    wanted = load_or_fit_constants({"brightest": family}, {"brightest": "b"}, manifest, cache)
    (record,) = cache.iterdir()
    record.write_text('{"mean": 1')
    assert load_or_fit_constants({"brightest": family}, {"brightest": "b"}, manifest, cache) == wanted
    assert json.loads(record.read_text()) == wanted["brightest"]


def test_an_image_of_384_pixels_is_enlarged_to_512():
    assert {"native": 1.0, "384 to 512": pytest.approx(4 / 3)} == ENLARGEMENT_FACTORS
