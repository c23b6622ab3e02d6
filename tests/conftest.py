"""What all tests share: small data made on the spot, and the options of the command line."""

import os
from itertools import groupby
from pathlib import Path
from random import Random

import numpy as np
import pytest

from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import to_uint8, write_grey
from tests.browser import start_browser

WHOLE = {Path(__file__).parent / name for name in ("calibration", "contract", "workflow")}
"""Folders whose tests take the project as a whole, and keep their order; all others hold unit tests."""

SHARED = Path(__file__).resolve().parents[2] / "shared"
LONGEST = (
    "test_smoke.py",
    "test_resume.py",
    "test_own_data.py",
    "test_repair.py",
    "test_killed_workflow.py",
    "test_dvc.py",
    "test_scored_checkpoints.py",
    "test_plugins.py",
)
"""Files that take longest: begun first where processes share the tests, so that none is left alone at the end.

Those that copy one finished run follow the others by turns: one process computes it, and none waits for it.
"""

os.fsync = lambda handle: None  # these files need not outlast a power cut; jobs of the workflow wait for the disk
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # there is a process per core already; read by torch when imported


def pytest_addoption(parser):
    parser.addoption(
        "--chaos", type=int, default=5, help="kills that must not change a result; of some kinds a fifth of it"
    )
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="run the unit tests in a random order, of files and within files"
    )
    parser.addoption(
        "--device", choices=["cpu", "cuda", "mps"], default="cpu", help="where the golden vectors are compared"
    )


def pytest_configure(config):
    os.environ["SSPBENCH_TEST_DEVICE"] = config.getoption("--device")


def pytest_report_header(config):
    seed = config.getoption("--shuffle")
    return None if seed is None else f"unit tests in a random order: --shuffle {seed}"


def pytest_collection_modifyitems(config, items):
    """Shuffle the unit tests if asked to, and begin with the longest files where there are several processes."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        items[:] = shuffled(items, Random(seed))
    if "PYTEST_XDIST_WORKER" in os.environ:
        rank = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: rank.get(item.path.name, len(LONGEST)))


def shuffled(items, order):
    """Return the unit tests in a random order, then the others; those of a file stay together: they share fixtures."""
    unit = [item for item in items if WHOLE.isdisjoint(item.path.parents)]
    files = [list(tests) for _, tests in groupby(unit, key=lambda item: item.path)]
    order.shuffle(files)
    for tests in files:
        order.shuffle(tests)
    rest = [item for item in items if not WHOLE.isdisjoint(item.path.parents)]
    return [*(item for tests in files for item in tests), *rest]


@pytest.fixture(scope="session")
def shared():
    """The folder of real images beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("there is no ../shared folder with real images beside this checkout")
    return SHARED


def textured(random, side):
    """A grey picture with bright curved lines on a soft background, and the mask of its lines."""
    y, x = np.mgrid[:side, :side] / side
    offset, bend = random.uniform(0.2, 0.8), random.uniform(-0.2, 0.2)
    distance = np.abs(x - offset - bend * np.sin(3 * y))
    mask = distance < 0.02
    background = 0.25 + 0.1 * np.sin(4 * x + random.uniform(0, 6)) + random.normal(0, 0.03, (side, side))
    return to_uint8(background + 0.5 * mask), np.where(mask, np.uint8(255), np.uint8(0))


def make_data(folder, counts, side, seed=0):
    """Write a small data set in the prepared layout; return its manifest."""
    random = np.random.default_rng(seed)
    for split, count in counts.items():
        for index in range(count):
            image, mask = textured(random, side)
            write_grey(folder / split / f"{index:03d}.png", image)
            write_grey(folder / f"{split}_labels" / f"{index:03d}.png", mask)
    write_manifest(folder, {"dataset": "made", "id": "made", "real": False, "field_um": 400.0, "options": {}})
    return Manifest.read(folder / "manifest.json")


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory):
    """Six LQ, five HQ and two test images of 96 pixels, with labels."""
    return make_data(tmp_path_factory.mktemp("tiny"), {"trainA": 6, "trainB": 5, "testA": 2}, 96)


@pytest.fixture(scope="module")
def chromium():
    with start_browser() as browser:
        yield browser
