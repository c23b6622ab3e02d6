"""The same command again after files were removed or changed by hand, and in odd surroundings."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from checkouts import Checkout
from safetensors.torch import load_file, save_file

from sspbench.files import sha256
from sspbench.images.grey import read_grey, write_grey

ROWS = ("--config", "methods=[identity, msgnet]", "ablation=null")

# Without tables, figures and page, which take longer than all that is repaired.
SCORED = (*ROWS, "--until", "score", "score_low")
# What is left then: job records are new, while the scores, and so the tables, are the same bytes.
REPORT = {"analyse": 1, "figures": 1, "report": 1}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A checkout with two rows done; no test changes it."""
    made = Checkout(tmp_path_factory.mktemp("done"))
    code, text = made.snakemake(*ROWS)
    assert code == 0, text[-8000:]
    return made


@pytest.fixture
def checkout(done, tmp_path):
    """A copy of that checkout, for one test to change."""
    return done.copy(tmp_path / "checkout")


def contents(folder, tables=True):
    kept = ("*.png", "scores.csv", "*.safetensors", *(["table*.csv"] if tables else []))
    paths = [path for kind in kept for part in ("results", "data") for path in (folder / part).rglob(kind)]
    return {str(path.relative_to(folder)): sha256(path) for path in paths if "figures" not in path.parts}


def blacken(path):
    write_grey(path, np.zeros_like(read_grey(path)))


def test_every_file_that_was_changed_by_hand_is_written_again(checkout, done):
    before = contents(done.folder)
    msgnet = checkout.results / "runs/msgnet/seed-0"
    identity = checkout.results / "runs/identity/seed-0"
    (msgnet / "enhanced/test_000.png").unlink()
    blacken(identity / "masks/test_001.png")
    code, text = checkout.snakemake(*SCORED)
    assert code == 0, text[-8000:]
    assert "enhanced: changed since they were written: test_000.png; the workflow writes it again" in text
    assert "masks: changed since they were written: test_001.png" in text
    assert contents(checkout.folder) == before
    assert checkout.planned(*ROWS) == (REPORT, set())

    scores = identity / "scores.csv"
    scores.write_text(scores.read_text().replace(",0.", ",0.9", 1))
    definitions = msgnet / "definitions.csv"
    definitions.write_text(definitions.read_text().replace(",native,", ",native,9", 1))
    data = checkout.folder / "data/cornsim/images/cornsim/smoke"
    blacken(data / "trainA/lq_001.png")
    (data / "testA/test_002.png").unlink()
    stamp = (msgnet / "weights.safetensors").stat().st_mtime_ns
    code, text = checkout.snakemake(*ROWS)
    assert code == 0, text[-8000:]
    assert "scores.csv: changed since it was written" in text and "definitions.csv: changed since" in text
    assert "changed since they were prepared: lq_001.png, test_002.png" in text
    assert contents(checkout.folder) == before
    assert (msgnet / "weights.safetensors").stat().st_mtime_ns == stamp
    assert checkout.planned(*ROWS) == ({}, set())


@pytest.mark.parametrize("owner", ["runs/msgnet", "segmenter/csnet"])
def test_exchanged_weights_are_named_with_what_to_do(checkout, done, owner):
    weights = checkout.results / owner / "seed-0/weights.safetensors"
    trained, stamp = weights.read_bytes(), weights.stat()
    tensors = {name: tensor * 0.5 for name, tensor in load_file(weights).items()}
    save_file(tensors, weights)
    os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))  # as `cp -p` leaves it: the workflow sees no change
    code, text = checkout.snakemake(*ROWS)
    assert code == 1
    shown = weights.relative_to(checkout.folder)
    assert f"note: {shown}: changed since it was trained; put it back, or remove {shown}" in text
    logs = [path for path in (checkout.results / "logs").rglob("*.log") if "not the weights that" in path.read_text()]
    assert len(logs) == {"runs/msgnet": 1, "segmenter/csnet": 2}[owner]
    assert (checkout.results / "runs/identity/seed-0/scores.csv").exists() is (owner == "runs/msgnet")
    weights.write_bytes(trained)
    has_tables = owner == "runs/msgnet"  # once is enough: those of the failed run are replaced by whole ones
    code, text = checkout.snakemake(*(ROWS if has_tables else SCORED))
    assert code == 0, text[-8000:]
    assert contents(checkout.folder, has_tables) == contents(done.folder, has_tables)


def test_truncated_weights_are_named_with_what_to_do(checkout, done):
    weights = checkout.results / "runs/msgnet/seed-0/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])
    code, text = checkout.snakemake(*ROWS)
    assert code == 1
    log = (checkout.results / "logs/enhance/msgnet-0.log").read_text()
    assert f"remove {weights.relative_to(checkout.folder)} and run it again" in log
    weights.unlink()
    code, text = checkout.snakemake(*SCORED)
    assert code == 0, text[-8000:]
    assert contents(checkout.folder, tables=False) == contents(done.folder, tables=False)


FOREIGN = ("data", "report", "metrics", "methods", "segmentation", "sspbench")


def test_jobs_need_no_home_and_import_no_foreign_folders_of_their_names(checkout, done, tmp_path):
    for name in FOREIGN:
        (tmp_path / "foreign" / name).mkdir(parents=True)
        (tmp_path / "foreign" / name / "__init__.py").write_text("raise RuntimeError('a foreign package')\n")
    shutil.rmtree(checkout.folder / "results/cornsim")
    shutil.rmtree(checkout.folder / "data/cornsim/images")
    # Snakemake itself keeps a cache in the home folder unless it is given another one
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "foreign"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", "config/smoke.yaml", *ROWS]
    ended = subprocess.run(
        command, cwd=checkout.folder, capture_output=True, text=True, env={**environment, "HOME": "/proc/nobody"},
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, (ended.stdout + ended.stderr)[-8000:]
    assert contents(checkout.folder) == contents(done.folder)
