"""The workflow on a real Slurm: one submission a method; a job killed in mid-training goes on from there."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from checkouts import Checkout

from sspbench.checkout import ROOT

pytestmark = pytest.mark.slurm

LOOPBACK = str(ROOT / "scripts" / "slurm-loopback.sh")
STEPS = 400
PATIENCE_S = 300


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A controller and two nodes on this machine, stopped afterwards."""
    if os.environ.get("SSPBENCH_TEST_SLURM") != "1":
        pytest.skip("a Slurm is installed and started by `make test-slurm` only")
    if os.geteuid() != 0:
        pytest.skip("starting a Slurm needs root")
    if shutil.which("slurmctld") is None and shutil.which("apt-get") is None:
        pytest.skip("there is no Slurm and no apt-get to install Debian's")
    os.environ["SLURM_LOOPBACK"] = str(tmp_path_factory.mktemp("slurm"))
    subprocess.run([LOOPBACK, "install"], check=True)
    subprocess.run([LOOPBACK, "up"], check=True)
    yield
    subprocess.run([LOOPBACK, "down"], check=True)
    assert not leftovers()


def leftovers():
    """Return the processes of this Slurm's jobs that are still there."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"\0SLURM_WORKING_CLUSTER=loopback:" in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes())
        except OSError:
            continue  # it has ended meanwhile
    return found


def command(*arguments):
    """Return the workflow's command line for the cluster, with two methods."""
    return [
        *(sys.executable, "-m", "snakemake", *arguments, "--workflow-profile", "profiles/slurm"),
        *("--slurm-init-seconds-before-status-checks", "2", "--slurm-status-command", "squeue"),  # no accounting here
        *("--seconds-between-status-checks", "3"),
        *("--configfile", "config/smoke.yaml", "--config"),
        *("methods=[identity, sspnet]", "ablation=null", "checkpoint_steps=20"),
        f"params={{sspnet: {{steps: {STEPS}}}}}",
    ]


def wait_for(what, condition, process):
    """Wait until the condition gives something; stop at once where the workflow ends before."""
    start = time.monotonic()
    while not (found := condition()):
        assert process.poll() is None, f"the workflow ended before {what}"
        assert time.monotonic() - start < PATIENCE_S, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.1)
    return found


def training_job():
    """Return the Slurm job whose process trains sspnet, or None."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
        except OSError:
            continue  # it has ended meanwhile
        # Between the module's name and the stage stands --log with its file.
        if words.split(b"\0")[1:3] == [b"-m", b"sspbench"] and b"\0stage\0train\0sspnet\0" in words:
            return re.search(rb"SLURM_JOB_ID=(\d+)", environment).group(1).decode()
    return None


def submissions():
    """Return the number of jobs that were submitted, ended ones included."""
    done = subprocess.run(["squeue", "--states=all", "--noheader"], check=True, capture_output=True, text=True)
    return len(done.stdout.splitlines())


def test_a_job_that_is_killed_resumes_on_the_cluster(slurm, tmp_path):
    checkout = Checkout(tmp_path)
    folder = checkout.results / "runs" / "sspnet" / "seed-0"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("OMP_", "SNAKEMAKE"))}
    with (tmp_path / "output.txt").open("w") as output:
        process = subprocess.Popen(command(), cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        job = wait_for("the training", training_job, process)
        wait_for("a checkpoint", lambda: sorted((folder / "checkpoint").glob("step-*[1-9]*.json")), process)
        subprocess.run(["scancel", job], check=True)
        code = process.wait(timeout=2 * PATIENCE_S)
    finally:
        process.kill()
    text = (tmp_path / "output.txt").read_text()
    assert code == 0, text[-8000:]
    train = json.loads((folder / "jobs" / "train.json").read_text())
    (resumed,) = train["resumed_at"]
    assert 0 < resumed < STEPS
    assert train["device"] == "cpu"
    log = (checkout.results / "logs" / "train" / "sspnet-0.log").read_text()
    assert "computing on cuda:0" in log  # the device that Slurm gave was taken, though it is a fake one
    table = pd.read_csv(checkout.results / "tables" / "table1_quality.csv")
    assert set(table["row"]) == {"identity", "sspnet"}
    assert set(table["status"]) == {"done"}
    # data, segmenter, the control's segmenter, two methods, the second try of one of them, the report
    assert submissions() == 7
