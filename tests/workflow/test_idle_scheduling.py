"""Snakemake weighs the waiting jobs only when something has happened."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from sspbench.config.config_files import read_config
from sspbench.jobs.forked_jobs import ADDRESS_VARIABLE
from sspbench.workflow.benchmark import Benchmark


@pytest.mark.parametrize("is_local", [True, False])
def test_only_a_cluster_keeps_the_limit_of_starts(is_local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "")  # what is set below ends with the test
    limiter = object()
    workflow = SimpleNamespace(local_exec=is_local, scheduler=SimpleNamespace(job_rate_limiter=limiter))
    Benchmark(read_config(Path("config/smoke.yaml"))).speed_up_local_jobs(workflow)
    assert workflow.scheduler.job_rate_limiter is (None if is_local else limiter)
    assert bool(os.environ[ADDRESS_VARIABLE]) == (is_local and sys.platform == "linux")


def test_snakemake_sets_no_timer_without_the_limit() -> None:
    """The attribute is not part of Snakemake's interface: another version may name it otherwise."""
    lines = inspect.getsource(JobScheduler.schedule).splitlines()
    timer = next(number for number, line in enumerate(lines) if "timespan)" in line)
    assert any("if self.job_rate_limiter is not None" in line for line in lines[timer - 5 : timer])
