"""GPU slots: never two holders of one, freed when a holder dies, a scheduler's choice respected."""

import fcntl
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sspbench.checkout import ROOT
from sspbench.errors import UserError
from sspbench.jobs.gpu_slots import SCHEDULER_VARIABLES, _try_lock, acquire, find_taken_slots, list_gpus, slot_folder

HOLDER = """
import fcntl, os, sys, time
from sspbench.jobs.gpu_slots import acquire
folder, seconds = sys.argv[1], float(sys.argv[2])
witnesses = [open(f"{folder}/witness-{device}", "a") for device in range(4)]
with acquire() as device:
    witness = witnesses[int(device.removeprefix("cuda:"))]
    try:
        fcntl.lockf(witness, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"{device} was given to two at once")
    print(device, flush=True)
    time.sleep(seconds)
    fcntl.lockf(witness, fcntl.LOCK_UN)
"""


def test_leases_on_4_slots_never_overlap_though_holders_are_killed_at_random_moments(tmp_path, request):
    """The witness is a lock of another kind, free before the slot is: a dying process drops record locks as its
    files are closed, one by one, and locks of open files, as slots are, only after all are closed. No clock is asked.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("CUDA_VISIBLE_DEVICES", *SCHEDULER_VARIABLES)}
    environment |= {"SSPBENCH_GPUS": "0,1,2,3", "SSPBENCH_SLOTS": str(tmp_path / "slots"), "PYTHONPATH": str(ROOT)}
    draw = random.Random(5)
    plan = [(draw.uniform(0, 0.05), draw.random() < 1 / 3, draw.uniform(0, 0.15)) for _ in range(200)]

    def hold(plan):
        seconds, killed, moment = plan
        command = [sys.executable, "-c", HOLDER, str(tmp_path), str(seconds)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if killed:
            time.sleep(moment)
            process.kill()
        out, errors = process.communicate(timeout=120)
        return process.returncode, out.strip(), errors

    with ThreadPoolExecutor(12) as pool:
        ended = list(pool.map(hold, plan))
    assert not [errors for code, _, errors in ended if code not in (0, -9)]
    assert {code for code, _, _ in ended} == {0, -9}
    assert {device for code, device, _ in ended if code == 0} == {f"cuda:{index}" for index in range(4)}


def test_a_slot_whose_file_was_removed_guards_nothing_and_is_not_given(tmp_path, monkeypatch):
    path, real = tmp_path / "gpu-0.lock", fcntl.flock

    def removed_meanwhile(handle, how):
        real(handle, how)
        path.unlink(missing_ok=True)

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", removed_meanwhile)
        assert _try_lock(path) is None
    handle = _try_lock(path)
    assert handle is not None
    os.close(handle)


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """No device named, no scheduler; a folder of slots of the test's own."""
    for name in ("CUDA_VISIBLE_DEVICES", "SSPBENCH_GPUS", *SCHEDULER_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSPBENCH_SLOTS", str(tmp_path / "slots"))
    return monkeypatch


class Waited(Exception):
    """A job looked at the slots in vain and would wait."""


@pytest.fixture
def impatient(bare):
    """Waiting for a slot raises."""

    def give_up(_seconds):
        raise Waited

    bare.setattr(time, "sleep", give_up)


@pytest.mark.parametrize("given", ["0,1", " 0 , 1", "0,1,0", "0,1,-1,2", "MIG-GPU-8/1/0,MIG-GPU-8/2/0"])
def test_slots_are_made_from_the_list_a_user_gives(bare, given):
    bare.setenv("CUDA_VISIBLE_DEVICES", given)
    first, second = (name.strip() for name in given.split(",")[:2])
    assert list_gpus() == [first, second]
    with acquire() as one:
        assert one == f"cuda:{first}"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == first
        bare.setenv("CUDA_VISIBLE_DEVICES", given)
        assert find_taken_slots(list_gpus()) == [first]
        with acquire() as two:
            assert two == f"cuda:{second}"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given


def test_one_device_of_a_user_is_for_one_job_at_a_time(bare, impatient):
    bare.setenv("CUDA_VISIBLE_DEVICES", "3")
    with acquire() as device:
        assert device == "cuda:3"
        with pytest.raises(Waited), acquire():
            pass


def test_a_schedulers_device_is_respected(bare):
    bare.setenv("SLURM_JOB_ID", "17")
    bare.setenv("CUDA_VISIBLE_DEVICES", "3")
    with acquire() as device, acquire() as again:
        assert device == again == "cuda:3"
    bare.delenv("SSPBENCH_SLOTS")
    assert slot_folder().name.endswith("-17")


@pytest.mark.parametrize("given", ["", "-1", "NoDevFiles"])
def test_no_visible_device_is_the_cpu(bare, given):
    bare.setenv("CUDA_VISIBLE_DEVICES", given)
    with acquire() as device:
        assert device == "cpu"


def test_a_folder_of_slots_that_cannot_be_used_is_told(bare, tmp_path):
    bare.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    (tmp_path / "slots").write_text("a file")
    with pytest.raises(UserError, match="export SSPBENCH_SLOTS"), acquire():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user")
def test_a_folder_of_slots_of_another_user_is_told(bare, tmp_path):
    bare.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    bare.delenv("SSPBENCH_SLOTS")
    bare.setattr(tempfile, "tempdir", str(tmp_path))
    slot_folder().mkdir()
    os.chown(slot_folder(), 12345, 12345)
    with pytest.raises(UserError, match="belongs to user 12345"), acquire():
        pass


def test_without_a_gpu_it_is_the_cpu(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("SSPBENCH_GPUS", "")
    assert list_gpus() == []
    with acquire() as device:
        assert device == "cpu"


def test_a_full_house_says_so(bare, impatient, capsys):
    bare.setenv("SSPBENCH_GPUS", "0")
    with acquire() as device:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0" == device.removeprefix("cuda:")
        os.environ.pop("CUDA_VISIBLE_DEVICES")
        with pytest.raises(Waited), acquire():
            pass
        assert capsys.readouterr().err == "waiting for one of 1 GPUs: 0\n"
        os.environ["CUDA_VISIBLE_DEVICES"] = "0"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
