"""Definition sensitivity on small images: what score writes and what the table's frame makes of it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from report.tables.definition_sensitivity import SENSITIVITY_COLUMNS, summarise_definitions
from sspbench.errors import UserError
from sspbench.files import write_text
from sspbench.images.pictures import write_grey
from sspbench.stages.definitions import enlarge_images, score_definitions, write_definitions


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    for run in ("identity", "dcp"):
        for index in range(6):
            write_grey(tmp_path / run / f"{index}.png", rng.integers(0, 256, (48, 24), dtype=np.uint8))
    return {run: sorted((tmp_path / run).glob("*.png")) for run in ("identity", "dcp")}


@pytest.fixture
def summarise(tmp_path):
    """Score the images of runs, write the files and summarise those."""

    def work(images_by_run, definitions, **options):
        files = {run: tmp_path / f"{run}.csv" for run in images_by_run}
        for run, paths in images_by_run.items():
            write_definitions(files[run], list(score_definitions(paths, definitions, **options)))
        return summarise_definitions(files)

    return work


def brightness(images):
    return images.mean(axis=(1, 2))


def test_native_means_and_sds_are_numpys(runs, summarise):
    frame = summarise(runs, {"mean": brightness})
    assert list(frame.columns) == SENSITIVITY_COLUMNS
    assert len(frame) == 2 * 1 * 2
    values = [np.asarray(Image.open(path)).mean() for path in runs["dcp"]]
    line = frame[(frame["run"] == "dcp") & (frame["scale"] == "native")].iloc[0]
    assert (line["n"], line["n_nan"]) == (6, 0)
    assert line["mean"] == pytest.approx(np.mean(values))
    assert line["sd"] == pytest.approx(np.std(values, ddof=1))


def test_no_digit_is_lost_in_the_file(tmp_path):
    values = np.random.default_rng(3).random(200).tolist()
    write_definitions(tmp_path / "d.csv", [(str(k), "m", "native", value, "") for k, value in enumerate(values)])
    frame = summarise_definitions({"r": tmp_path / "d.csv"})
    assert frame["mean"].item() == float(np.array(values).mean())


def test_enlarging_is_four_thirds_bicubic_and_eight_bit():
    image = np.random.default_rng(1).integers(0, 256, (1, 384, 96), dtype=np.uint8)
    large = enlarge_images(image, 512 / 384)
    assert (large.shape, large.dtype) == ((1, 512, 128), np.uint8)
    expected = Image.fromarray(image[0]).resize((128, 512), Image.Resampling.BICUBIC)
    assert (large[0] == np.asarray(expected)).all()


def test_definitions_see_the_enlarged_image(runs, summarise):
    frame = summarise(runs, {"height": lambda images: np.full(len(images), float(images.shape[1]))})
    assert set(frame.loc[frame["scale"] == "native", "mean"]) == {48.0}
    assert set(frame.loc[frame["scale"] == "384 to 512", "mean"]) == {64.0}


def test_mixed_sizes_and_undefined_values_are_counted(tmp_path, summarise):
    for name, shape in {"a": (8, 8), "b": (16, 16), "c": (8, 8)}.items():
        write_grey(tmp_path / f"{name}.png", np.full(shape, 100, np.uint8))

    def fussy(images):
        if images.shape[1] < 16:
            raise UserError("too small for this measure")
        return brightness(images)

    paths = sorted(tmp_path.glob("*.png"))
    line = summarise({"r": paths}, {"fussy": fussy, "all": brightness}, scales={"native": 1.0}).set_index("definition")
    assert (line.loc["fussy", "n"], line.loc["fussy", "n_nan"]) == (1, 2)
    assert line.loc["fussy", "note"] == "too small for this measure"
    assert (line.loc["all", "n"], line.loc["all", "note"]) == (3, "")
    assert np.isnan(line.loc["fussy", "sd"])


def test_a_run_without_images_gives_empty_cells(runs, summarise):
    frame = summarise({"dcp": runs["dcp"], "failed": []}, {"mean": brightness}, scales={"native": 1.0})
    line = frame[frame["run"] == "failed"].iloc[0]
    assert line["n"] == 0
    assert np.isnan(line["mean"])


def test_a_file_of_another_form_is_rejected_by_name(tmp_path):
    write_text(tmp_path / "d.csv", "image,value\na,1\n")
    with pytest.raises(UserError, match=r"d\.csv") as caught:
        summarise_definitions({"r": tmp_path / "d.csv"})
    assert "rerun" in str(caught.value)
