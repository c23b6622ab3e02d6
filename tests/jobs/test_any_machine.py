"""Any machine: Linux-only calls hidden one by one, and what is done without them."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from sspbench.checkout import ROOT
from sspbench.commands import doctor
from sspbench.commands.cli import main
from sspbench.errors import UserError
from sspbench.jobs import descendants, machine
from sspbench.jobs.gpu_slots import acquire
from tests.run_folder import run_of

NOTE = "this system cannot find processes whose parent is gone"


@pytest.fixture
def hidden(tmp_path):
    """The environment of a Python on a machine without what only Linux has."""
    folder = tmp_path / "hiding"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "hidden_platform.py", folder / "sitecustomize.py")
    kept = {key: value for key, value in os.environ.items() if key != "SSPBENCH_WORKFLOW"}
    return kept | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def run(environment, *command):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        check=False,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_the_hiding_hides(hidden):
    code = (
        "import ctypes, os, pathlib\n"
        "print(hasattr(os, 'sched_getaffinity'), hasattr(ctypes.CDLL(None), 'prctl'))\n"
        "pathlib.Path('/proc/self/stat').read_text()"
    )
    shown = run(hidden, "-c", code)
    assert shown.stdout == "False False\n"
    assert "PermissionError" in shown.stderr


def test_what_a_job_leaves_in_its_group_is_ended_and_the_rest_is_reported_once(hidden, tmp_path):
    code = f"""
import subprocess, sys
from pathlib import Path
from sspbench.jobs.subprocess_guard import run_guarded

def work():
    child = subprocess.Popen(["sleep", "600"])
    Path({str(tmp_path / "child")!r}).write_text(str(child.pid))
    return 0

sys.exit(run_guarded(work, Path({str(tmp_path / "job.log")!r})))
"""
    shown = run(hidden, "-c", code)
    assert shown.returncode == 0, shown.stderr
    assert shown.stderr.count(NOTE) == 1
    assert not is_alive(int((tmp_path / "child").read_text()))


def test_under_a_workflow_the_workflow_reports_it(hidden, tmp_path):
    code = f"""
from pathlib import Path
from sspbench.jobs.subprocess_guard import run_guarded
run_guarded(lambda: 0, Path({str(tmp_path / "job.log")!r}))
"""
    assert NOTE not in run(hidden | {"SSPBENCH_WORKFLOW": str(os.getpid())}, "-c", code).stderr
    lock = "from pathlib import Path; from sspbench.workflow.lock import hold_workflow_lock as hold; hold(Path('{}'))"
    assert run(hidden, "-c", lock.format(tmp_path / "state")).stderr.count(NOTE) == 1


def is_alive(number):
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_without_prctl_a_process_still_ends_with_its_parent(hidden, tmp_path):
    child = (
        "import os, time; from sspbench.jobs.descendants import terminate_with_parent;"
        f"terminate_with_parent(os.getppid()); open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()));"
        "time.sleep(600)"
    )
    code = (
        "import pathlib, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        f"path = pathlib.Path({str(tmp_path / 'pid')!r})\n"
        "while not path.exists() or not path.read_text():\n    time.sleep(0.01)\n"
    )
    assert run(hidden, "-c", code).returncode == 0
    number = int((tmp_path / "pid").read_text())
    give_up = time.monotonic() + 60
    while is_alive(number) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not is_alive(number)


def test_children_are_those_that_the_system_lists_elsewhere(monkeypatch):
    child = subprocess.Popen(["sleep", "600"])
    try:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert child.pid in descendants._list_children_by_psutil()
    finally:
        monkeypatch.undo()
        child.send_signal(signal.SIGKILL)
        child.wait()


def test_without_affinity_all_cores_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert machine.count_cores() == 12


@pytest.mark.parametrize(("system", "unit"), [("linux", 1024), ("darwin", 1)])
def test_peak_memory_is_kib_on_linux_and_bytes_on_macos(monkeypatch, system, unit):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=300 * 2**20 // unit))
    assert machine.peak_memory_mb() == 300


def test_the_processor_of_a_mac_is_what_sysctl_says(monkeypatch, tmp_path):
    (tmp_path / "sysctl").write_text('#!/bin/sh\n[ "$*" = "-n machdep.cpu.brand_string" ] && echo "Apple M4"\n')
    (tmp_path / "sysctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("builtins.open", refuse)
    assert machine.read_cpu_model() == "Apple M4"


def refuse(path, *_):
    raise FileNotFoundError(2, "No such file or directory", path)


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_a_device_other_than_a_gpu_of_nvidia_takes_no_slot(monkeypatch, tmp_path, device):
    monkeypatch.setenv("SSPBENCH_GPUS", "0")
    monkeypatch.setenv("SSPBENCH_SLOTS", str(tmp_path / "slots"))
    with acquire(device=device) as held:
        assert held == device
        assert not (tmp_path / "slots").exists()


def test_auto_never_takes_apples_gpu_and_a_device_that_is_not_there_is_an_error(monkeypatch):
    from dataclasses import replace

    import torch

    from sspbench.config.plan import load_default_engine
    from sspbench.training.loop.torch_setup import choose_device

    engine = load_default_engine()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device(engine) == "cpu"
    assert choose_device(replace(engine, device="mps")) == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(engine) == "cuda"
    assert choose_device(replace(engine, device="cpu")) == "cpu"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UserError, match="cannot compute on mps"):
        choose_device(replace(engine, device="mps"))


def test_the_environment_is_weighed_with_hard_links_once(tmp_path):
    (tmp_path / "one").write_bytes(bytes([1]) * 3 * 2**20)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "three").write_bytes(bytes([1]) * 2**20)
    assert doctor.measure_disk_use(tmp_path) == pytest.approx(4 * 2**20, rel=0.02)


def test_the_doctor_examines_a_machine_without_what_only_linux_has(hidden, tmp_path):
    shown = run(hidden, "-m", "sspbench", "doctor", "--results", tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert NOTE in shown.stdout


def test_pictures_are_enhanced_on_the_device_that_is_asked_for(tmp_path, monkeypatch, capsys):
    import numpy as np
    import torch
    from PIL import Image

    (tmp_path / "run").mkdir()
    run_of("zerodce", tmp_path / "run")
    Image.fromarray(np.full((40, 40), 90, np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    command = ["enhance", "--weights", str(tmp_path / "run"), "--input", str(tmp_path / "a.png"), "--output"]
    assert main([*command, str(tmp_path / "1"), "--device", "cpu"]) == 0
    assert main([*command, str(tmp_path / "2")]) == 0
    assert (tmp_path / "1/a.png").read_bytes() == (tmp_path / "2/a.png").read_bytes()
    assert main([*command, str(tmp_path / "3"), "--device", "mps"]) == 2
    assert "torch cannot compute on mps here" in capsys.readouterr().err
