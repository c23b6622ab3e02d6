"""A training that is killed, stopped or resumed ends in the same bytes as one that is left alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sspbench.checkout import ROOT
from sspbench.config.overrides import resolve_params
from sspbench.config.plan import load_default_engine
from sspbench.config.settings import Settings
from sspbench.files import sha256
from sspbench.plugins.discovery import get_plugin

STEPS, EVERY = 40, 3


def settings(**overrides):
    params = resolve_params(get_plugin("methods", "sspnet"), "smoke", None, {"steps": STEPS, "pool": 2, **overrides})
    return Settings("method", "sspnet", None, 3, "smoke", params, load_default_engine()).as_json()


def start(folder, data, **overrides):
    folder.mkdir(parents=True, exist_ok=True)
    job = {
        "settings": settings(**overrides),
        "manifest": str(data.folder / "manifest.json"),
        "folder": str(folder),
        "checkpoint_steps": EVERY,
    }
    return start_job(folder, job)


def start_job(folder, job):
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    script = Path(__file__).parents[1] / "training_job.py"
    return subprocess.Popen([sys.executable, str(script), str(path)], env=env, stderr=subprocess.PIPE, text=True)


def finish(folder, data, **overrides):
    return ended(start(folder, data, **overrides))


def finish_job(folder, job):
    return ended(start_job(folder, job))


def ended(process):
    _, errors = process.communicate(timeout=300)
    return process.returncode, errors


def newest(folder):
    steps = [int(path.stem.split("-")[1]) for path in (folder / "checkpoint").glob("step-*.json")]
    return max(steps, default=-1)


def stop_after(process, folder, step, number):
    """Send a signal once the checkpoint of ``step`` is there; False where the training ended before."""
    while process.poll() is None and newest(folder) < step:
        time.sleep(0.01)
    if process.poll() is not None:
        return False
    process.send_signal(number)
    process.communicate(timeout=60)
    return True


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, tiny_data):
    folder = tmp_path_factory.mktemp("undisturbed")
    code, errors = finish(folder, tiny_data)
    assert code == 0, errors
    return sha256(folder / "weights.safetensors")


def test_killed_at_random_steps_the_weights_are_the_same_bytes(tmp_path, tiny_data, undisturbed, request):
    draw = random.Random(7)
    kills, rounds = 0, request.config.getoption("--chaos")
    folder, number = tmp_path / "0", 0
    while kills < rounds:
        process = start(folder, tiny_data)
        if stop_after(process, folder, min(newest(folder) + draw.randint(1, 12), STEPS - 1), signal.SIGKILL):
            kills += 1
            continue
        assert sha256(folder / "weights.safetensors") == undisturbed
        number += 1
        folder = tmp_path / str(number)
    code, errors = finish(folder, tiny_data)
    assert code == 0, errors
    assert sha256(folder / "weights.safetensors") == undisturbed
    assert json.loads((folder / "jobs" / "train.json").read_text())["resumed_at"]


def kill_while_saving(process, folder):
    """Kill once a half-written checkpoint is there; True where one was left behind."""
    while process.poll() is None and not any((folder / "checkpoint").glob(".step-*")):
        time.sleep(0.0005)
    process.kill()
    process.communicate(timeout=60)
    return any((folder / "checkpoint").glob(".step-*"))


def test_killed_while_it_saves_the_weights_are_the_same_bytes(tmp_path, tiny_data, undisturbed, request):
    rounds, left = max(1, request.config.getoption("--chaos") // 5), 0
    for number in range(10 * rounds):
        left += kill_while_saving(start(tmp_path / str(number % rounds), tiny_data), tmp_path / str(number % rounds))
        if left >= rounds:
            break
    assert left >= rounds
    for number in range(rounds):
        code, errors = finish(tmp_path / str(number), tiny_data)
        assert code == 0, errors
        assert sha256(tmp_path / str(number) / "weights.safetensors") == undisturbed
        assert not (tmp_path / str(number) / "checkpoint").exists()


def test_sigterm_saves_and_exits_with_its_own_code(tmp_path, tiny_data, undisturbed):
    process = start(tmp_path, tiny_data)
    assert stop_after(process, tmp_path, 3, signal.SIGTERM)
    assert process.returncode == 75
    stopped_at = newest(tmp_path)
    code, errors = finish(tmp_path, tiny_data)
    assert code == 0, errors
    facts = json.loads((tmp_path / "jobs" / "train.json").read_text())
    assert facts["resumed_at"] == [stopped_at]
    assert sha256(tmp_path / "weights.safetensors") == undisturbed
    lines = [json.loads(line)["step"] for line in (tmp_path / "training.jsonl").read_text().splitlines()]
    assert lines == sorted(set(lines))
    assert lines[-1] == STEPS


def test_a_truncated_checkpoint_falls_back_to_the_one_before(tmp_path, tiny_data, undisturbed):
    process = start(tmp_path, tiny_data)
    assert stop_after(process, tmp_path, 9, signal.SIGKILL)
    paths = sorted((tmp_path / "checkpoint").glob("step-*.safetensors"))
    assert len(paths) >= 2
    paths[-1].write_bytes(paths[-1].read_bytes()[:-100])
    before = int(paths[-2].stem.split("-")[1])
    code, errors = finish(tmp_path, tiny_data)
    assert code == 0, errors
    assert json.loads((tmp_path / "jobs" / "train.json").read_text())["resumed_at"] == [before]
    assert sha256(tmp_path / "weights.safetensors") == undisturbed


def test_after_a_change_the_training_starts_anew_and_says_so(tmp_path, tiny_data, undisturbed):
    process = start(tmp_path, tiny_data, weights={"alpha": 4.0})
    assert stop_after(process, tmp_path, 3, signal.SIGKILL)
    code, errors = finish(tmp_path, tiny_data)
    assert code == 0, errors
    assert "stale (changed since: config)" in errors
    assert sha256(tmp_path / "weights.safetensors") == undisturbed
    assert json.loads((tmp_path / "jobs" / "train.json").read_text())["resumed_at"] == []


def test_more_threads_do_not_make_a_checkpoint_stale(tmp_path, tiny_data):
    process = start(tmp_path, tiny_data)
    assert stop_after(process, tmp_path, 3, signal.SIGKILL)
    job = json.loads((tmp_path / "job.json").read_text())
    job["settings"]["engine"]["threads"] = 2
    code, errors = finish_job(tmp_path, job)
    assert code == 0, errors
    assert json.loads((tmp_path / "jobs" / "train.json").read_text())["resumed_at"]
