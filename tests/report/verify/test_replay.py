"""``replay``: a row of a release computed again is equal to it, and what was changed is found with its size."""

import json
import shutil
from types import SimpleNamespace

import pandas as pd
import pytest

from report.verify.replay import compare_replay, judge_replay
from report.verify.retrain import RecordedRun, find_recorded_run
from sspbench.commands.cli import main
from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import Plan
from sspbench.errors import UserError
from sspbench.files import read_json, write_json
from sspbench.images.manifest import Manifest
from sspbench.releases.packing import pack_release
from sspbench.stages.enhance import enhance
from sspbench.stages.prepare import prepare
from sspbench.stages.score import score
from tests.recorded_results import write_run

CLEAN = {"commit": "a" * 40, "dirty": False}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A release of one classical row on the smallest simulated images, in a working directory of its own."""
    home = tmp_path_factory.mktemp("replay")
    chosen = {"preset": "smoke", "methods": ["gamma"], "ablation": None, "dataset_options": {"train_high": 2}}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        plan = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), chosen))
        prepare(plan.prepare_settings(), plan.layout.data)
        manifest = Manifest.read(plan.layout.manifest)
        for run in plan.runs:
            folder = plan.layout.run_folder(run.id, run.seed)
            if run.kind != "classical":
                write_json(folder / "status.json", {"status": "failed", "stage": "enhance", "reason": "left out"})
                continue
            enhance(plan.train_settings(run), manifest, folder, None)
            first = {"dataset": "cornsim", "preset": "smoke", "method": run.id, "variant": None, "seed": run.seed}
            score(plan.score_settings(), first, manifest, folder, is_segmented=False, with_definitions=False)
            jobs = read_json(folder / "run.json")
            write_json(folder / "run.json", {stage: {**job, **CLEAN} for stage, job in jobs.items()})
        place = home / "results/published/v1/cornsim/smoke"
        place.mkdir(parents=True)
        yield pack_release(plan, "v1", place)


def test_a_row_computed_again_on_the_same_images_is_equal(released, monkeypatch, capsys):
    monkeypatch.chdir(released.folder.parents[4])
    assert main(["replay", "v1", "gamma"]) == 0
    said = capsys.readouterr().out
    assert "gamma, seed 0, replayed from v1/cornsim/smoke: equal" in said and "psnr" in said


def test_images_that_are_gone_are_prepared_again(released, monkeypatch, capsys):
    home = released.folder.parents[4]
    monkeypatch.chdir(home)
    shutil.rmtree(home / "data/cornsim/images/cornsim", ignore_errors=True)
    assert main(["replay", "v1", "gamma", "--results", "again"]) == 0
    assert (home / "data/cornsim/images/replay-v1-cornsim/smoke/manifest.json").is_file()
    assert ": equal (again/v1/replay-v1-cornsim" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "seed", "told"), [("dcp", 0, "Unknown row 'dcp'"), ("gamma", 7, "gamma has no seed 7")]
)
def test_what_is_not_in_the_release_is_named(released, row, seed, told):
    with pytest.raises(UserError, match=told):
        find_recorded_run(released, row, seed)


def write_release(folder, psnr, losses):
    """Return the run of a made-up release with two images and one loss."""
    folder.mkdir()
    pd.DataFrame({"row": "sspnet", "seed": 0, "image": ["a", "b"], "psnr": psnr}).to_csv(
        folder / "scores.csv", index=False
    )
    lines = {"row": "sspnet", "seed": 0, "step": [10, 20], "cycle": losses}
    pd.DataFrame(lines).to_csv(folder / "losses.csv", index=False)
    part = SimpleNamespace(scores=folder / "scores.csv", losses=folder / "losses.csv")
    return RecordedRun(part, "sspnet", 0, {})


@pytest.mark.parametrize(
    ("psnr", "cycle", "verdicts", "first"),
    [
        (20.0, 0.5, ("equal", "equal"), ("", "")),
        (20.0 * (1 + 2e-8), 0.5 * (1 + 2e-6), ("equal", "equal"), ("", "")),
        (20.01, 0.5002, ("within rounding", "within rounding"), ("step 20", "b")),
        (20.1, 0.5, ("equal", "different"), ("", "b")),
        (20.0, float("nan"), ("different", "equal"), ("step 20", "")),
    ],
)
def test_the_verdict_is_the_largest_difference_of_a_line_or_image(tmp_path, psnr, cycle, verdicts, first):
    run = write_release(tmp_path / "release", [10.0, 20.0], [1.0, 0.5])
    folder = write_run(tmp_path, "sspnet", 0, {"psnr": [10.0, psnr]})
    log = [{"step": 10, "losses": {"cycle": 1.0}}, {"step": 20, "losses": {"cycle": cycle} if cycle == cycle else {}}]
    (folder / "training.jsonl").write_text("".join(json.dumps(line) + "\n" for line in log))
    scores = folder / "scores.csv"
    scores.write_text(scores.read_text().replace("image_0", "a").replace("image_1", "b"))
    found = compare_replay(run, folder)
    assert [(one.name, one.verdict, one.first) for one in found] == [
        ("cycle", verdicts[0], first[0]),
        ("psnr", verdicts[1], first[1]),
    ]
    worst = max(verdicts, key=("equal", "within rounding", "different").index)
    assert judge_replay(found) == worst
