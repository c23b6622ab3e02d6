"""Scoring: both pictures, the width of a field, what lies inside it and the label, as a metric family gets them."""

import csv

import numpy as np

from sspbench.contract import Measure, MetricFamily, Scores
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.jobs.image_folders import write_folder_manifest
from sspbench.stages import score as score_stage
from sspbench.stages.score import score

RUN = {"dataset": "made", "preset": "demo", "method": "identity", "variant": None, "seed": 0}
SCALES = {"a": 0.5, "b": 0.5, "c": 0.25}
"""Micrometres per pixel of pictures 30 pixels wide."""


class Seen(MetricFamily):
    """Of each image, the width of its field, the pixels of its field of view and of its label, and two levels."""

    measures = tuple(Measure(name, name, "none") for name in ("width", "inside", "foreground", "before", "after"))

    def score(self, batch):
        values = (
            np.full(len(batch.image), batch.field_um),
            np.count_nonzero(batch.fov, axis=(1, 2)).astype(float),
            np.count_nonzero(batch.label, axis=(1, 2)).astype(float),
            batch.origin.mean(axis=(1, 2)),
            batch.image.mean(axis=(1, 2)),
        )
        return {measure.name: Scores(column) for measure, column in zip(self.measures, values, strict=True)}


def test_a_family_gets_the_width_of_each_field_and_the_label_inside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(score_stage, "load_metric_families", lambda *_: {"seen": Seen()})
    data, run = tmp_path / "data", tmp_path / "run"
    for number, name in enumerate(SCALES):
        write_grey(data / "testA" / f"{name}.png", np.full((20, 30), 90 + number, np.uint8))
        write_grey(run / "enhanced" / f"{name}.png", np.full((20, 30), 180 - number, np.uint8))
        field, label = np.full((2, 20, 30), 127, np.uint8)
        field[:, : 10 + number], label[:7] = 128, 128
        write_grey(data / "testA_fov" / f"{name}.png", field)
        write_grey(data / "testA_labels" / f"{name}.png", label)
    scales = {f"testA/{name}.png": scale for name, scale in SCALES.items()}
    write_manifest(data, {"dataset": "made"}, {"um_per_px": scales})
    write_folder_manifest(run / "enhanced", sorted((run / "enhanced").glob("*.png")))
    settings = {"metrics": {}, "field_um": None, "structure": "nerve"}
    manifest = Manifest.read(data / "manifest.json")
    score(settings, RUN, manifest, run, is_segmented=False, with_definitions=False)
    with (run / "scores.csv").open(newline="") as stream:
        found = {(line["image"], line["metric"]): float(line["value"]) for line in csv.DictReader(stream)}
    assert found == {
        **{("a", "width"): 15.0, ("b", "width"): 15.0, ("c", "width"): 7.5},
        **{("a", "inside"): 200.0, ("b", "inside"): 220.0, ("c", "inside"): 240.0},
        **{("a", "foreground"): 70.0, ("b", "foreground"): 77.0, ("c", "foreground"): 84.0},
        **{("a", "before"): 90.0, ("b", "before"): 91.0, ("c", "before"): 92.0},
        **{("a", "after"): 180.0, ("b", "after"): 179.0, ("c", "after"): 178.0},
    }
