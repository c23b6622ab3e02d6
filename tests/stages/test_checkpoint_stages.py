"""What scoring the kept checkpoints asks of the three stages, step by step, and the file that it writes."""

import numpy as np
import pytest

from sspbench.files import read_json, write_json, write_text
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import write_grey
from sspbench.stages import score_checkpoints as stage

HEAD = "dataset,preset,method,variant,seed,image,metric,value,note"


@pytest.fixture
def manifest(tmp_path):
    for split, names in (("testA", "ab"), ("testA_fov", "a")):
        for name in names:
            write_grey(tmp_path / "data" / split / f"{name}.png", np.full((4, 6), 255, np.uint8))
    return Manifest.read(write_manifest(tmp_path / "data", {"dataset": "made", "field_um": 4.0}))


@pytest.mark.parametrize("segmenter", [None, ("settings", "weights")])
def test_every_checkpoint_passes_the_stages_in_turn(tmp_path, monkeypatch, manifest, segmenter):
    calls, run = [], tmp_path / "run"
    work = run / "checkpoints" / "scoring"

    def enhance(settings, data, folder, weights):
        calls.append(("enhance", settings, data, folder, weights.relative_to(run).as_posix()))

    def segment(settings, weights, folder, fields):
        calls.append(
            ("segment", settings, weights, folder, {name: path and path.name for name, path in fields.items()})
        )

    def score(settings, row, data, folder, *, is_segmented, with_definitions):
        assert (settings, row, data, folder, with_definitions) == ({"metrics": {}}, {"seed": 4}, manifest, work, False)
        calls.append(("score", is_segmented))
        write_text(folder / "scores.csv", f'{HEAD}\nmade,demo,m,,4,a,dice,0.{len(calls)},"so, so"\n')

    for function in (enhance, segment, score):
        monkeypatch.setattr(stage, function.__name__, function)
    write_json(run / "checkpoints" / "kept-2.json", {"steps": [3, 10]})
    stage.score_checkpoints("training", {"metrics": {}}, {"seed": 4}, manifest, run, count=2, segmenter=segmenter)
    wanted, lines = [], [f"{HEAD},step"]
    for step in (3, 10):
        weights = f"checkpoints/step-{step:08d}/weights.safetensors"
        wanted.append(("enhance", "training", manifest, work, weights))
        if segmenter:
            wanted.append(("segment", *segmenter, work, {"a": "a.png", "b": None}))
        wanted.append(("score", segmenter is not None))
        lines.append(f'made,demo,m,,4,a,dice,0.{len(wanted)},"so, so",{step}')
    assert calls == wanted
    assert (run / "checkpoints" / "scores.csv").read_bytes().decode() == "\n".join([*lines, ""])
    record = read_json(run / "checkpoints" / "jobs" / "score.json")
    assert (record["stage"], record["steps"], record["data"]) == ("score_checkpoints", [3, 10], manifest.digest)
    assert not work.exists()
