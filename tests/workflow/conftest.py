"""What several files of this folder copy: a finished run, computed once by whichever process needs it first."""

import os
import shutil

import pytest
from checkouts import TWO_ROWS, Checkout

from sspbench.jobs.folder_lock import lock_folder

FOREIGN = ("data", "report", "metrics", "methods", "segmentation", "sspbench")

LOCK_WAIT_S = 3600.0
"""Seconds that a process waits for the one that computes the run: the time limit of tests ends it before."""


@pytest.fixture(scope="session")
def two_rows(tmp_path_factory):
    """A checkout with two rows done, without a home folder and beside foreign packages; no test changes it."""
    base = tmp_path_factory.getbasetemp()
    place = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, finished = place / "two-rows", place / "two-rows.finished"
    with lock_folder(folder, LOCK_WAIT_S):
        if finished.exists():
            return Checkout(folder, fill=False)
        shutil.rmtree(folder, ignore_errors=True)
        made = Checkout(folder)
        code, text = made.snakemake(*TWO_ROWS, **write_odd_surroundings(place / "odd"))
        assert code == 0, text[-8000:]
        finished.touch()
    return made


def write_odd_surroundings(folder):
    """Write packages of our folders' names that fail when imported; return an environment with them and no home."""
    for name in FOREIGN:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('a foreign package')\n")
    # Snakemake itself keeps a cache in the home folder unless it is given another one
    return {"PYTHONPATH": str(folder), "HOME": "/proc/nobody", "XDG_CACHE_HOME": str(folder / "cache")}
