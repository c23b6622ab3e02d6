"""Definition sensitivity on small images."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from report.analysis.definition_sensitivity import SENSITIVITY_COLUMNS, compute_sensitivity, enlarge_images
from sspbench.errors import UserError
from sspbench.images.grey import write_grey


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    for run in ("identity", "dcp"):
        for index in range(6):
            write_grey(tmp_path / run / f"{index}.png", rng.integers(0, 256, (48, 24), dtype=np.uint8))
    return {run: sorted((tmp_path / run).glob("*.png")) for run in ("identity", "dcp")}


def brightness(images):
    return images.mean(axis=(1, 2))


def test_native_means_and_sds_are_numpys(runs):
    frame = compute_sensitivity(runs, {"mean": brightness})
    assert list(frame.columns) == SENSITIVITY_COLUMNS
    assert len(frame) == 2 * 1 * 2
    values = [np.asarray(Image.open(path)).mean() for path in runs["dcp"]]
    line = frame[(frame["run"] == "dcp") & (frame["scale"] == "native")].iloc[0]
    assert (line["n"], line["n_nan"]) == (6, 0)
    assert line["mean"] == pytest.approx(np.mean(values))
    assert line["sd"] == pytest.approx(np.std(values, ddof=1))


def test_enlarging_is_four_thirds_bicubic_and_eight_bit():
    image = np.random.default_rng(1).integers(0, 256, (1, 384, 96), dtype=np.uint8)
    large = enlarge_images(image, 512 / 384)
    assert (large.shape, large.dtype) == ((1, 512, 128), np.uint8)
    expected = Image.fromarray(image[0]).resize((128, 512), Image.Resampling.BICUBIC)
    assert (large[0] == np.asarray(expected)).all()


def test_definitions_see_the_enlarged_image(runs):
    frame = compute_sensitivity(runs, {"height": lambda images: np.full(len(images), float(images.shape[1]))})
    assert set(frame.loc[frame["scale"] == "native", "mean"]) == {48.0}
    assert set(frame.loc[frame["scale"] == "384 to 512", "mean"]) == {64.0}


def test_mixed_sizes_and_undefined_values_are_counted(tmp_path):
    for name, shape in {"a": (8, 8), "b": (16, 16), "c": (8, 8)}.items():
        write_grey(tmp_path / f"{name}.png", np.full(shape, 100, np.uint8))

    def fussy(images):
        if images.shape[1] < 16:
            raise UserError("too small for this measure")
        return brightness(images)

    paths = sorted(tmp_path.glob("*.png"))
    line = compute_sensitivity({"r": paths}, {"fussy": fussy, "all": brightness}, {"native": 1.0}).set_index(
        "definition"
    )
    assert (line.loc["fussy", "n"], line.loc["fussy", "n_nan"]) == (1, 2)
    assert line.loc["fussy", "note"] == "too small for this measure"
    assert (line.loc["all", "n"], line.loc["all", "note"]) == (3, "")
    assert np.isnan(line.loc["fussy", "sd"])


def test_a_run_without_images_gives_empty_cells():
    line = compute_sensitivity({"failed": []}, {"mean": brightness}, {"native": 1.0}).iloc[0]
    assert line["n"] == 0
    assert np.isnan(line["mean"])
