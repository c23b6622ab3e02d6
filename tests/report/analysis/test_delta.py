"""Our results beside the paper's cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from report.analysis.audits import audit_paper
from report.analysis.paper_comparison import PAPER_DELTA_COLUMNS, compare_with_paper
from table_audit.table_file import load_published

PUBLISHED = load_published(Path("report/published/ssp-net.yaml"))
VERDICTS = audit_paper().verdicts
SCORES = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]


def scores(values, dataset="corn2", preset="paper", variant=""):
    """Tidy scores from {(method, metric): (seeds, images)}."""
    lines = [
        (dataset, preset, method, variant, seed, f"{image:03d}.png", metric, value, "")
        for (method, metric), array in values.items()
        for seed, line in enumerate(np.atleast_2d(array))
        for image, value in enumerate(line)
    ]
    return pd.DataFrame(lines, columns=SCORES)


def cell(frame, table, metric, method):
    found = frame[(frame["table"] == table) & (frame["metric"] == metric) & (frame["method"] == method)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_printed_cell_has_a_line():
    frame = compare_with_paper(scores({("identity", "entropy"): np.arange(6.0)}), PUBLISHED, VERDICTS)
    assert list(frame.columns) == PAPER_DELTA_COLUMNS
    assert len(frame) == 24 + 48 + 16


def test_difference_interval_and_z_by_hand():
    rng = np.random.default_rng(0)
    ours = rng.normal(7.0, 0.5, 60)
    line = cell(
        compare_with_paper(scores({("identity", "entropy"): ours}), PUBLISHED, VERDICTS),
        "table1_quality",
        "Entropy",
        "Origin",
    )
    assert (line["theirs"], line["theirs_sd"], line["theirs_n"]) == (4.7433, 0.0925, 60)
    assert line["ours"] == pytest.approx(ours.mean())
    assert line["difference"] == pytest.approx(ours.mean() - 4.7433)
    error = np.sqrt(ours.var(ddof=1) / 60 + 0.0925**2 / 60)
    assert line["z"] == pytest.approx((ours.mean() - 4.7433) / error)
    assert line["theirs_high"] == pytest.approx(4.7433 + stats.t.ppf(0.975, 59) * 0.0925 / np.sqrt(60))
    assert line["ours_low"] == pytest.approx(ours.mean() - 1.96 * ours.std() / np.sqrt(60), abs=0.02)
    assert "natural units" in line["reasons"]
    assert "demonstration scale" not in line["reasons"]


def test_reasons_follow_scale_data_and_audit():
    values = {("dcp", "auc"): np.linspace(0.7, 0.9, 8), ("dcp", "niqe"): np.linspace(4, 5, 8)}
    frame = compare_with_paper(scores(values, "cornsim", "demo"), PUBLISHED, VERDICTS)
    auc = cell(frame, "table2_segmentation", "AUC", "DCP")
    assert auc["audit"] == "impossible"
    for part in ("demonstration scale", "other images", "the audit finds the printed cell impossible"):
        assert part in auc["reasons"]
    assert "model parameters" in cell(frame, "table1_quality", "NIQE", "DCP")["reasons"]
    fdr = cell(frame, "table2_segmentation", "FDR", "DCP")
    assert (fdr["better"], fdr["printed_better"]) == ("lower", "higher")


def test_missing_and_undefined_values_say_so():
    values = {("identity", "sen"): np.full(8, np.nan), ("dcp", "dice"): np.ones(8)}
    frame = compare_with_paper(scores(values), PUBLISHED, VERDICTS)
    missing = cell(frame, "table2_segmentation", "SEN", "Origin")
    assert missing["note"] == "undefined on every image under some seed"
    assert np.isnan(missing["z"])
    constant = cell(frame, "table2_segmentation", "Dice", "DCP")
    assert constant["ours"] == 1.0
    assert np.isnan(constant["ours_low"])


def test_variants_are_the_ablation_rows():
    frame = compare_with_paper(
        scores({("sspnet", "avg_gradient"): np.ones((2, 8))}, variant="gan+iu"), PUBLISHED, VERDICTS
    )
    line = cell(frame, "table3_ablation", "AvG", "L_GAN+L_IU")
    assert (line["row"], line["ours"], line["ours_n"], line["ours_seeds"]) == ("sspnet+gan+iu", 1.0, 8, 2)
    assert cell(frame, "table3_ablation", "AvG", "Our")["note"] == "not scored"


def test_methods_of_the_yaml_exist():
    known = {path.parent.name for path in Path("methods").glob("*/method.yaml")}
    named = {ours["method"] for table in PUBLISHED.ours.values() for ours in table.values()}
    if not named <= known:
        pytest.skip(f"not all methods are there yet: {sorted(named - known)}")
    assert named <= known
