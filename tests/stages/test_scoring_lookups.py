"""Scoring: its cost is linear in the number of images, and an image that a metric fails on costs one value."""

import csv

import numpy as np
import pytest

from sspbench.contract import Measure, MetricFamily, Scores
from sspbench.errors import UserError
from sspbench.files import write_json
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import read_grey, write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.jobs.outcome import OutOfTime
from sspbench.stages import score as score_stage
from sspbench.stages.score import score

RUN = {"dataset": "made", "preset": "demo", "method": "identity", "variant": None, "seed": 0}
SIDE = 96


class Counted(Manifest):
    """Notes for which split it was searched."""

    def image_paths(self, split):
        self.content["asked"].append(split)
        return super().image_paths(split)


def scored(folder, count):
    """Score ``count`` images, of which every third has no label; return the searches and the lines of the scores."""
    data, run, random = folder / "data", folder / "run", np.random.default_rng(count)
    names = [f"image_{number:02d}.png" for number in range(count)]
    nerve = np.zeros((SIDE, SIDE), np.uint8)
    nerve[20:24] = 255
    for number, name in enumerate(names):
        write_grey(data / "testA" / name, random.integers(20, 200, (SIDE, SIDE)).astype(np.uint8))
        write_grey(run / "enhanced" / name, random.integers(20, 200, (SIDE, SIDE)).astype(np.uint8))
        if number % 3:
            write_grey(data / "testA_labels" / name, nerve)
        for kind in ("masks", "probabilities"):
            write_grey(run / kind / name, np.roll(nerve, number, axis=0))
    write_manifest(data, {"dataset": "made", "field_um": 400})
    for kind in ("enhanced", "masks", "probabilities"):
        write_folder_manifest(run / kind, [run / kind / name for name in names])
    write_json(run / "jobs" / "segment.json", {})
    read = Manifest.read(data / "manifest.json")
    manifest = Counted(read.folder, {**read.content, "asked": []})
    score({"metrics": {}, "field_um": 400.0, "structure": "nerve"}, RUN, manifest, run)
    return manifest.content["asked"], (run / "scores.csv").read_text().splitlines()[1:]


def test_the_manifest_is_searched_as_often_for_many_images_as_for_few(tmp_path):
    scored(tmp_path / "first", 3)  # fits the constants of the definitions where no other test has done so
    few, _ = scored(tmp_path / "few", 3)
    many, lines = scored(tmp_path / "many", 13)
    assert many == few
    with_dice = {line.split(",")[5] for line in lines if ",dice," in line}
    assert with_dice == {f"image_{number:02d}" for number in range(13) if number % 3}


class Fragile(MetricFamily):
    """The mean grey level; raises for a stack in which the first pixel of an image is even."""

    measures = (Measure("grey_level", "Grey", "none"),)
    error: Exception = ZeroDivisionError("a flat\nimage")

    def score(self, batch):
        if (batch.image[:, 0, 0] % 2 == 0).any():
            raise self.error
        return {"grey_level": Scores(batch.image.mean((1, 2)))}


def test_a_metric_that_raises_on_an_image_costs_that_value_and_not_the_row(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(score_stage, "load_metric_families", lambda *_: {"fragile": Fragile()})
    _, lines = scored(tmp_path, 8)
    images = [read_grey(path) for path in sorted((tmp_path / "run" / "enhanced").glob("*.png"))]
    assert 0 < sum(image[0, 0] % 2 == 0 for image in images) < 8
    found = list(csv.reader(lines))
    assert len(found) == 8
    for image, line in zip(images, found, strict=True):
        if image[0, 0] % 2 == 0:
            assert line[6:] == ["grey_level", "nan", "failed: ZeroDivisionError: a flat image"]
        else:
            assert line[6:] == ["grey_level", repr(float(image.mean())), ""]
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("error", [UserError("x", hint="y"), OutOfTime("late"), MemoryError()])
def test_what_is_not_the_metric_s_fault_still_stops_scoring(tmp_path, monkeypatch, error):
    monkeypatch.setattr(Fragile, "error", error)
    monkeypatch.setattr(score_stage, "load_metric_families", lambda *_: {"fragile": Fragile()})
    with pytest.raises(type(error)):
        scored(tmp_path, 8)


def test_the_first_seed_alone_has_rival_definitions(tmp_path):
    scored(tmp_path, 3)
    run, manifest = tmp_path / "run", Manifest.read(tmp_path / "data" / "manifest.json")
    lines = (run / "definitions.csv").read_text().splitlines()
    assert lines[0] == "image,definition,scale,value,note"
    assert {line.split(",")[0] for line in lines[1:]} == {f"image_{number:02d}" for number in range(3)}
    scores = (run / "scores.csv").read_bytes()
    score({"metrics": {}, "field_um": 400.0, "structure": "nerve"}, RUN, manifest, run, with_definitions=False)
    assert (run / "definitions.csv").read_text().splitlines() == lines[:1]
    assert (run / "scores.csv").read_bytes() == scores
