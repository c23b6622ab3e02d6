"""GPU slots: never two holders of one, freed when a holder dies, a scheduler's choice respected."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from sspbench.errors import UserError
from sspbench.jobs.slots import devices, leased

HOLDER = """
import os, random, signal, sys, time
from sspbench.jobs.slots import leased
log, number = sys.argv[1], int(sys.argv[2])
draw = random.Random(number)
with leased() as device:
    with open(log, "a") as stream:
        stream.write(f"{time.monotonic_ns()} + {device} {number}\\n")
    time.sleep(draw.uniform(0, 0.02))
    with open(log, "a") as stream:
        stream.write(f"{time.monotonic_ns()} - {device} {number}\\n")
    if draw.random() < 0.3:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_200_leases_on_4_slots_never_overlap_though_holders_are_killed(tmp_path):
    log = tmp_path / "log"
    env = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
    env |= {"SSPBENCH_GPUS": "0,1,2,3", "SSPBENCH_SLOTS": str(tmp_path / "slots")}

    def hold(number):
        command = [sys.executable, "-c", HOLDER, str(log), str(number)]
        return subprocess.run(command, env=env, check=False, capture_output=True).returncode

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(hold, range(200)))
    assert set(codes) == {0, -9}
    events = sorted(line.split() for line in log.read_text().splitlines())
    assert len(events) == 400
    held = {}
    for _, sign, device, number in events:
        if sign == "+":
            assert device not in held, f"{device} was given to {number} while {held[device]} held it"
            held[device] = number
        else:
            assert held.pop(device) == number
    assert len({device for _, _, device, _ in events}) == 4


def test_a_schedulers_device_is_respected(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with leased() as device:
        assert device == "cuda:3"


def test_without_a_gpu_it_is_the_cpu(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("SSPBENCH_GPUS", "")
    assert devices() == []
    with leased() as device:
        assert device == "cpu"


def test_a_full_house_says_so(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("SSPBENCH_GPUS", "0")
    monkeypatch.setenv("SSPBENCH_SLOTS", str(tmp_path))
    with leased() as device:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0" == device.removeprefix("cuda:")
        os.environ.pop("CUDA_VISIBLE_DEVICES")
        with pytest.raises(UserError, match="No GPU became free"), leased(timeout_s=0.3):
            pass
        os.environ["CUDA_VISIBLE_DEVICES"] = "0"
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
