"""The audit, test, delta and sensitivity tables made from run folders as the workflow leaves them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from report.analysis.audits import audit_own_scores
from report.analysis.results import Results
from report.tables.render.latex import render_latex
from report.tables.render.markdown import render_markdown
from report.tables.write_all import TABLE_MAKERS
from sspbench.config.plan import Plan, merge_dicts, read_config
from sspbench.files import write_text
from sspbench.images.pictures import list_images, write_grey
from sspbench.plugins.metric_families import load_metric_families
from sspbench.stages.definitions import collect_definitions, score_definitions, write_definitions

IMAGES = 12
COLUMNS = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
CONFIG = {
    "dataset": "cornsim",
    "preset": "smoke",
    "methods": ["identity", "dcp", "sspnet", "sspnet+gan", "sspnet+gan+iu", "sspnet+gan+te"],
    "ablation": "sspnet",
    "seeds": [0, 1],
}


SHARE = np.linspace(0.03, 0.08, IMAGES)
"""Share of nerve pixels of each image: the labels are the same for all runs."""


def measured(rng, shift):
    """Values of one run: quality, and masks that are consistent image by image."""
    sen, spe, share = rng.beta(30, 8, IMAGES), rng.beta(300, 6, IMAGES), SHARE
    hit, false = share * sen, (1 - share) * (1 - spe)
    return {
        "entropy": rng.normal(6 + shift, 0.2, IMAGES),
        "niqe": rng.normal(5 - shift, 0.2, IMAGES),
        "auc": (1 + sen + spe + sen * spe) / 4,
        "acc": hit + (1 - share) * spe,
        "sen": sen,
        "spe": spe,
        "fdr": false / (hit + false),
        "dice": 2 * hit / (share + hit + false),
        "gmean": np.sqrt(sen * spe),
    }


@pytest.fixture
def results(tmp_path):
    plan = Plan(merge_dicts(read_config(Path("config/config.yaml")), CONFIG), tmp_path)
    rng = np.random.default_rng(0)
    for index, run in enumerate(plan.runs):
        folder = plan.layout.run_folder(run.id, run.seed)
        lines = [
            ("cornsim", "smoke", run.plugin.name, run.variant or "", run.seed, f"{i:03d}.png", metric, value, "")
            for metric, values in measured(rng, 0.1 * index).items()
            for i, value in enumerate(values)
        ]
        write_text(folder / "scores.csv", pd.DataFrame(lines, columns=COLUMNS).to_csv(index=False))
        write_grey(folder / "enhanced" / "000.png", rng.integers(0, 256, (192, 192), dtype=np.uint8))
        rivals = collect_definitions(load_metric_families(plan.config["metrics"]))
        lines = score_definitions(list_images(folder / "enhanced"), rivals)
        write_definitions(folder / "definitions.csv", list(lines))
    return Results(plan)


def made(results):
    return {table.key: table for make in TABLE_MAKERS for table in make(results)}


def test_every_table_is_made_and_can_be_written(results):
    tables = made(results)
    assert {"paper_delta", "gains", "tests", "ranks", "audit_paper", "audit_claims", "audit_own"} <= set(tables)
    for table in tables.values():
        assert {len(row.cells) for row in table.rows} == {len(table.columns)}
        assert table.data is None or len(table.data) > 0
        assert table.title in render_markdown(table)
        assert r"\bottomrule" in render_latex(table)


def test_the_audits_tell_what_they_find(results):
    tables = made(results)
    assert (tables["audit_paper"].data["verdict"] == "impossible").sum() == 26
    assert tables["audit_own"].notes == ("No cell is impossible or inconsistent.",)
    fdr = next(row for row in tables["audit_paper"].rows if row.cells[0].text == "FDR")
    place = [column.key for column in tables["audit_paper"].columns].index("impossible")
    assert fdr.label == "Table 2" and fdr.cells[place].text == "all 6"


def test_scores_of_eight_digits_contradict_nothing():
    ppv = np.random.default_rng(3).integers(2_000_000, 9_000_000, 16) * 1e-8 + 4.9e-9  # 1 - ppv is always rounded up
    columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note", "row"]
    lines = [
        ("made", "demo", "poor", "", 0, f"i{number}", metric, float(f"{value:.8g}"), "", "poor")
        for metric, values in (("ppv", ppv), ("fdr", 1 - ppv))
        for number, value in enumerate(values)
    ]
    assert not set(audit_own_scores(pd.DataFrame(lines, columns=columns))["verdict"]) & {"impossible", "inconsistent"}


def test_without_a_trivial_row_tests_compare_with_the_untouched_image(results):
    data = made(results)["tests"].data
    assert set(data["reference"]) == {"identity"}
    assert set(data.loc[data["reference"] == "identity", "row"]) == set(CONFIG["methods"]) - {"identity"}
    assert (data["n"] == IMAGES).all()


def test_ablation_rows_meet_table_three(results):
    data = made(results)["paper_delta"].data
    third = data[(data["table"] == "table3_ablation") & (data["metric"] == "Entropy")]
    assert third["row"].tolist() == ["sspnet+gan", "sspnet+gan+iu", "sspnet+gan+te", "sspnet"]
    assert (third["ours_n"] == IMAGES).all()
    assert (third["ours_seeds"] == 2).all()


def test_definitions_come_from_the_metric_families(results):
    table = made(results)["definition_sensitivity"]
    assert len(table.rows) == len(CONFIG["methods"])
    assert set(table.data["scale"]) == {"native", "384 to 512"}
