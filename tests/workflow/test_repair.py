"""The same command again after files were removed or changed by hand."""

import os

import numpy as np
import pytest
from checkouts import TWO_ROWS
from safetensors.torch import load_file, save_file

from sspbench.files import sha256
from sspbench.images.pictures import read_grey, write_grey

# Without tables, figures and page, which take longer than all that is repaired.
SCORED = (*TWO_ROWS, "--until", "score", "score_low")
# What is left then: job records are new, while the scores, and so the tables, are the same bytes.
REPORT = {"analyse": 1, "figures": 1, "report": 1}


@pytest.fixture
def checkout(two_rows, tmp_path):
    """A copy of the finished run, for one test to change."""
    return two_rows.copy(tmp_path / "checkout")


def contents(made, tables=True):
    folder = made.folder
    kept = ("*.png", "scores.csv", "*.safetensors", *(["table*.csv"] if tables else []))
    paths = [path for kind in kept for part in ("results", "data") for path in (folder / part).rglob(kind)]
    return {str(path.relative_to(folder)): sha256(path) for path in paths if "figures" not in path.parts}


def blacken(path):
    write_grey(path, np.zeros_like(read_grey(path)))


def exchange(weights):
    """Write other weights, with the times of the trained ones, as `cp -p` does: the workflow sees no change."""
    stamp = weights.stat()
    save_file({name: tensor * 0.5 for name, tensor in load_file(weights).items()}, weights)
    os.utime(weights, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def refusals(checkout):
    """Return the logs of the jobs that refused changed weights."""
    logs = checkout.results / "logs"
    return {str(path.relative_to(logs)) for path in logs.rglob("*.log") if "not the weights that" in path.read_text()}


def test_every_picture_that_was_changed_by_hand_is_written_again(checkout, two_rows):
    msgnet, identity = (checkout.results / f"runs/{name}/seed-0" for name in ("msgnet", "identity"))
    (msgnet / "enhanced/test_000.png").unlink()
    blacken(identity / "masks/test_001.png")
    data = checkout.folder / "data/cornsim/images/cornsim/smoke"
    blacken(data / "trainA/lq_001.png")
    (data / "testA/test_002.png").unlink()
    stamp = (msgnet / "weights.safetensors").stat().st_mtime_ns
    code, text = checkout.snakemake(*SCORED)
    assert code == 0, text[-8000:]
    assert "enhanced: changed since they were written: test_000.png; the workflow writes it again" in text
    assert "masks: changed since they were written: test_001.png" in text
    assert "changed since they were prepared: lq_001.png, test_002.png" in text
    assert contents(checkout) == contents(two_rows)
    assert (msgnet / "weights.safetensors").stat().st_mtime_ns == stamp
    assert checkout.planned(*TWO_ROWS) == (REPORT, set())


def test_exchanged_weights_of_a_row_and_edited_scores_of_another_are_named_and_made_good(checkout, two_rows):
    weights = checkout.results / "runs/msgnet/seed-0/weights.safetensors"
    trained = weights.read_bytes()
    exchange(weights)
    code, text = checkout.snakemake(*TWO_ROWS)
    assert code == 1
    shown = weights.relative_to(checkout.folder)
    assert f"note: {shown}: changed since it was trained; put it back, or remove {shown}" in text
    assert refusals(checkout) == {"enhance/msgnet-0.log"}
    identity = checkout.results / "runs/identity/seed-0"
    assert (identity / "scores.csv").exists()

    weights.write_bytes(trained)
    for name, old, new in (("scores.csv", ",0.", ",0.9"), ("definitions.csv", ",native,", ",native,9")):
        (identity / name).write_text((identity / name).read_text().replace(old, new, 1))
    code, text = checkout.snakemake(*TWO_ROWS)
    assert code == 0, text[-8000:]
    assert "scores.csv: changed since it was written" in text and "definitions.csv: changed since" in text
    assert contents(checkout) == contents(two_rows)  # tables too: the failed run's are replaced by whole ones
    assert checkout.planned(*TWO_ROWS) == ({}, set())


def test_an_exchanged_segmenter_and_cut_weights_are_named_with_what_to_do(checkout, two_rows):
    segmenter = checkout.results / "segmenter/csnet/seed-0/weights.safetensors"
    trained = segmenter.read_bytes()
    exchange(segmenter)
    weights = checkout.results / "runs/msgnet/seed-0/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-50])
    code, text = checkout.snakemake(*TWO_ROWS)
    assert code == 1
    for shown in (path.relative_to(checkout.folder) for path in (segmenter, weights)):
        assert f"note: {shown}: changed since it was trained; put it back, or remove {shown}" in text
    assert refusals(checkout) == {"enhance/msgnet-0.log", "segment/identity-0.log"}
    log = (checkout.results / "logs/enhance/msgnet-0.log").read_text()
    assert f"remove {weights.relative_to(checkout.folder)} and run it again" in log
    assert not (checkout.results / "runs/identity/seed-0/scores.csv").exists()

    segmenter.write_bytes(trained)
    weights.unlink()
    code, text = checkout.snakemake(*SCORED)
    assert code == 0, text[-8000:]
    assert contents(checkout, tables=False) == contents(two_rows, tables=False)
