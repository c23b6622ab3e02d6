"""Smoke jobs on a machine without what only Linux has: core affinity, ``/proc`` and ``prctl`` are hidden."""

import json
import shutil

from sspbench.checkout import ROOT

ROW = "results/cornsim/smoke/runs/zerodce/seed-0"


def test_a_row_is_trained_and_scored_and_what_cannot_be_had_is_reported_once(two_rows, tmp_path, monkeypatch):
    checkout = two_rows.copy(tmp_path / "checkout")  # the data and the segmenter are there
    (tmp_path / "hiding").mkdir()
    shutil.copy(ROOT / "tests" / "hidden_platform.py", tmp_path / "hiding" / "sitecustomize.py")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "hiding"))
    monkeypatch.delenv("SSPBENCH_WORKFLOW", raising=False)
    only = ["--config", "methods=[zerodce]", "ablation=null"]
    code, text = checkout.snakemake(*only, "--", f"{ROW}/scores.csv")
    assert code == 0, text
    logs = [path.read_text() for path in (checkout.folder / "results").rglob("*.log")]
    assert logs
    assert "\n".join([text, *logs]).count("this system cannot find processes whose parent is gone") == 1
    record = json.loads((checkout.folder / ROW / "jobs" / "train.json").read_text())
    assert record["machine"]["cores"] > 0
    assert record["peak_memory_mb"] > 50
    assert (checkout.folder / ROW / "scores.csv").stat().st_size > 0
