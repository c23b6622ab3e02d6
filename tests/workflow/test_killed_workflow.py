"""The same command again finishes what a killed Snakemake left, in a checkout whose path needs quoting."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkouts import Checkout

from sspbench.files import read_json, sha256

YAML = """
label: Slow
kind: learned
params: {}
training: {steps: 60, epochs: null, batches: {size: 1, crop: 32}}
presets: {smoke: {}}
resources: {gpu: 0, minutes: 5}
"""
CODE = """
import time

import torch
from torch import nn

from sspbench import TrainableMethod


class Slow(TrainableMethod):
    def build(self):
        network = self.add_network("generator", nn.Conv2d(1, 1, 1), keep=True)
        self.add_optimizer("generator", torch.optim.Adam, network.parameters(), lambda step: 0.1)

    def training_step(self, low, high):
        time.sleep(0.05)
        loss = (self.translate(low) - high.mean()).square().mean()
        self.descend(loss, "generator")
        return {"loss": loss}

    def translate(self, images):
        return self.networks["generator"](images)
"""
RUN = "results/cornsim/smoke/runs/slow/seed-0"

HALF = 28
"""Steps of 60: kills at random moments come before, so that the last one still finds a training."""


def take_interrupts():
    """Let Ctrl-C end this process, even where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Killable(Checkout):
    """A checkout in which the training of one slow method can be started and killed."""

    def start(self):
        command = [sys.executable, "-m", "snakemake", f"{RUN}/weights.safetensors", "--cores", "2"]
        command += ["--configfile", "config/smoke.yaml", "--config", "checkpoint_steps=4"]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "SNAKEMAKE"))}
        environment["PYTHONSAFEPATH"] = "1"
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a process group of its own, as in a terminal
            preexec_fn=take_interrupts,  # noqa: PLW1509
        )

    def processes(self):
        """Return the commands of the processes that run this checkout's code."""
        commands = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                commands.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        return [command for command in commands if str(self.folder) in command]

    def killed_after(self, seconds, steps):
        """Start the workflow and kill it after some seconds, or once that many steps are saved, if that is sooner."""
        process, end = self.start(), time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end and self.steps_saved() < steps:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.stdout.close()
        process.wait()

    def finish(self):
        process = self.start()
        text, _ = process.communicate(timeout=300)
        return process.returncode, text

    def steps_saved(self):
        folder = self.folder / RUN / "checkpoint"
        return max((int(path.stem.split("-")[1]) for path in folder.glob("step-*.json")), default=0)


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / 'it\'s a {copy} of "ours"'
    folder.mkdir()
    copy = Killable(folder)
    copy.plugin("slow", YAML, CODE)
    return copy


def test_after_sigkill_of_snakemake_the_same_command_goes_on_to_the_same_bytes(checkout, request):
    draw = random.Random(11)
    for _ in range(request.config.getoption("--chaos") // 5 - 1):
        checkout.killed_after(draw.uniform(0, 20), steps=HALF)
    checkout.killed_after(300, steps=checkout.steps_saved() + 8)  # while it trains, so that a lock is left
    assert not (checkout.folder / RUN / "weights.safetensors").exists()
    code, text = checkout.finish()
    assert code == 0, text[-4000:]
    assert "released the lock of a run that was killed" in text
    facts = read_json(checkout.folder / RUN / "jobs" / "train.json")
    assert facts["resumed_at"]
    weights = checkout.folder / RUN / "weights.safetensors"
    after_kills = sha256(weights)
    weights.unlink()
    code, text = checkout.finish()
    assert code == 0, text[-4000:]
    assert read_json(checkout.folder / RUN / "jobs" / "train.json")["resumed_at"] == []
    assert sha256(weights) == after_kills


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are listed by /proc")
def test_ctrl_c_ends_every_process_and_the_training_goes_on_later(checkout):
    process = checkout.start()
    while checkout.steps_saved() < 8:
        assert process.poll() is None, process.communicate()[0][-4000:]
        time.sleep(0.02)
    assert checkout.processes()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode != 0
    give_up = time.monotonic() + 30
    while checkout.processes() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert checkout.processes() == []
    code, text = checkout.finish()
    assert code == 0, text[-4000:]
    assert read_json(checkout.folder / RUN / "jobs" / "train.json")["resumed_at"]


def test_started_elsewhere_it_says_what_to_add(checkout, tmp_path):
    command = [sys.executable, "-m", "snakemake", "-n", "-s", str(checkout.folder / "Snakefile"), "--cores", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "runs in its checkout" in done.stdout + done.stderr
    assert "--directory" in done.stdout + done.stderr
