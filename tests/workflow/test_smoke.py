"""The whole workflow at smoke scale in a copy of the checkout, as a user would run it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from checkouts import Checkout

from sspbench.checkout import ROOT
from sspbench.config.plan import Plan, read_config

GAMMA_YAML = """
label: Darker
kind: classical
reference: "Gonzalez & Woods, Digital Image Processing, 4th ed., 2018"
params: {gamma: {type: number, default: 0.6, exclusiveMinimum: 0, description: exponent}}
presets: {paper: {}, demo: {}, smoke: {}}
variants: {}
resources: {gpu: 0, minutes: 1}
deviations: []
"""
GAMMA = '''
"""Gamma correction: the smallest useful method."""
from sspbench.contract import Method


class Gamma(Method):
    """Brighten with ``out = in ** gamma``."""

    def enhance(self, images):
        return images ** self.params["gamma"]
'''
BROKEN = {
    "raises": ("        raise RuntimeError('no such luck')", "no such luck"),
    "not_a_number": ("        return images * float('nan')", "not finite"),
}
HANGS_YAML = """
label: Hangs
kind: learned
params: {}
training: {steps: 5, epochs: null, batches: {size: 1, crop: 32}}
presets: {smoke: {}}
resources: {gpu: 0, minutes: 0.05}
"""
HANGS = """
import time

import torch
from torch import nn

from sspbench.training.trainable import TrainableMethod


class Hangs(TrainableMethod):
    def build(self):
        network = self.add_network("generator", nn.Conv2d(1, 1, 1), keep=True)
        self.add_optimizer("generator", torch.optim.SGD, network.parameters(), lambda step: 0.1)

    def training_step(self, low, high):
        time.sleep(600)

    def translate(self, images):
        return images
"""


REPORT = {"analyse": 1, "tables": 1, "figures": 1, "report": 1}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """A checkout in which the smoke run was done; no test changes it."""
    made = Checkout(tmp_path_factory.mktemp("done"))
    code, text = made.snakemake()
    assert code == 0, text[-8000:]
    return made


@pytest.fixture
def checkout(done, tmp_path):
    """A copy of that checkout, for one test to change."""
    return done.copy(tmp_path / "checkout")


def test_every_method_is_in_the_tables_and_every_image_is_scored(checkout):
    runs = Plan(read_config(ROOT / "config" / "smoke.yaml")).runs
    rows = {run.id for run in runs if run.variant not in run.plugin.meta.get("variants", {})}
    assert rows >= {"identity", "dcp", "sspnet", "brightness", "msgnet+untrained", "oracle", "hq_photograph"}
    for name in ("table1_quality", "table2_segmentation", "truth"):
        table = checkout.table(name)
        assert set(table["row"]) == rows
        assert set(table["status"]) == {"done"}
        measured = table[~table["metric"].isin(("gain", "low_gain"))]
        assert (measured["n"] + measured["missing"] == 4).all()
    assert set(checkout.table("table3_ablation")["row"]) == {"sspnet+gan", "sspnet+gan+iu", "sspnet+gan+te", "sspnet"}


def test_figures_and_page_are_there(checkout):
    index = json.loads((checkout.results / "figures" / "index.json").read_text())
    assert index
    assert (checkout.results / "report.html").stat().st_size < 8_000_000


def test_provenance_tells_what_was_run(checkout):
    run = json.loads((checkout.results / "runs" / "sspnet" / "seed-0" / "run.json").read_text())
    assert set(run) == {"train", "enhance", "segment", "score"}
    assert run["train"]["parameters"]["generator"] > 0
    assert {"torch", "numpy", "python"} <= set(run["train"]["versions"])


def test_a_second_run_does_nothing_though_a_method_has_a_comment_more(checkout):
    path = "methods/sspnet/losses.py"
    checkout.edit(path, "C2 = 0.03**2\n", "C2 = 0.03**2  # as in SSIM\n")
    assert checkout.planned() == ({}, set())


def test_a_changed_loss_weight_reruns_its_method_only(checkout):
    counts, runs = checkout.planned("--config", "params={sspnet: {weights: {beta: 2.0}}}", "ablation=null", "seeds=[0]")
    assert counts == {"train": 1, "enhance": 1, "segment": 1, "score": 1, "score_low": 1, **REPORT}
    assert runs == {"sspnet"}


def test_changed_code_of_a_method_reruns_its_method_only(checkout):
    path = "methods/sspnet/losses.py"
    checkout.edit(path, "MIN_VARIANCE = 1e-12", "MIN_VARIANCE = 1e-11")
    counts, _ = checkout.planned()
    assert counts == {"train": 4, "enhance": 4, "segment": 4, "score": 4, "score_low": 4, **REPORT}


def test_a_dropped_in_folder_is_run_alone(checkout):
    checkout.plugin("darker", GAMMA_YAML, GAMMA)
    counts, runs = checkout.planned()
    assert counts == {"enhance": 1, "segment": 1, "score": 1, "score_low": 1, **REPORT}
    assert runs == {"darker"}


def test_images_enhanced_elsewhere_are_rows_like_those_whose_images_they_are(checkout, tmp_path):
    same = {"theirs": "dcp", "matlab": "sspnet"}
    for row, ours in same.items():
        shutil.copytree(checkout.results / f"runs/{ours}/seed-0/enhanced", tmp_path / row)
    external = f"external={{theirs: {tmp_path / 'theirs'}, matlab: {tmp_path / 'matlab'}}}"
    # A few rows, since drawing all takes longest.
    asked = ("--config", "methods=[identity, dcp, sspnet]", "ablation=null", external)
    assert checkout.planned(*asked) == (
        {"import_external": 2, "segment": 2, "score": 2, "score_low": 2, **REPORT},
        set(same),
    )
    code, text = checkout.snakemake(*asked)
    assert code == 0, text[-8000:]
    assert "scored theirs (external)" in text
    own = ["row", "label", "group", "best", "status", "note"]  # the note says what was trained
    for name in ("table1_quality", "table2_segmentation", "truth", "morphometry", "extra", "gains"):
        table = checkout.table(name).set_index("row")
        for row, ours in same.items():
            kept = [column for column in table if column not in own]
            pd.testing.assert_frame_equal(
                table.loc[[row], kept].reset_index(drop=True), table.loc[[ours], kept].reset_index(drop=True)
            )
            assert set(table.loc[[row], "group"]) == {"external"}
    for name in ("tests", "ranks", "definition_sensitivity"):
        assert "theirs" in (checkout.results / f"tables/{name}.csv").read_text(), name
    figures = (checkout.results / "figures/index.json").read_text()
    page = (checkout.results / "report.html").read_text()
    for row in same:
        assert f"{row} (external)" in figures
        assert f'data-row="{row}"' in page
        assert f"enhanced by {row} (external)" in page
    assert checkout.planned(*asked) == ({}, set())
    (tmp_path / "theirs/test_000.png").write_bytes((tmp_path / "theirs/test_001.png").read_bytes())
    assert checkout.planned(*asked) == (
        {"import_external": 1, "segment": 1, "score": 1, "score_low": 1, **REPORT},
        {"theirs"},
    )


def test_broken_methods_are_shown_and_the_others_and_a_dropped_in_one_are_whole(checkout):
    checkout.plugin("darker", GAMMA_YAML, GAMMA)
    for name, (body, _) in BROKEN.items():
        code = GAMMA.replace('        return images ** self.params["gamma"]', body).replace("Gamma", name.title())
        checkout.plugin(name, GAMMA_YAML.replace("Darker", name), code)
    checkout.plugin("hangs", HANGS_YAML, HANGS)
    code, text = checkout.snakemake("--config", "methods=[identity, dcp, own]", "ablation=null")
    assert code == 1
    for name in ("table2_segmentation", "table1_quality"):
        table = checkout.table(name).groupby("row")["status"].first()
        assert table[["identity", "dcp", "darker"]].eq("done").all()
    for name, (_, words) in BROKEN.items():
        assert table[name].startswith("failed")
        assert words in table[name]
        assert words in text
    assert table["hangs"].startswith("timeout")
    markdown = (checkout.results / "tables" / "table2_segmentation.md").read_text()
    assert "| failed |" in markdown
    assert "| timeout |" in markdown
    assert "raises" in (checkout.results / "report.html").read_text()


def test_a_wrong_config_is_told_in_words_not_in_a_traceback(checkout):
    code, text = checkout.snakemake("-n", "--config", "presett=demo", "methods=[sspnt]", "metrics={niq: {}}")
    assert code == 1
    assert "Traceback" not in text
    for words in ("presett", "Did you mean 'preset'?", "Did you mean 'sspnet'?", "Did you mean 'niqe'?"):
        assert words in text


def test_unreadable_images_are_listed_before_anything_trains(checkout, tmp_path):
    shutil.copytree(checkout.folder / "data/cornsim/images/cornsim/smoke", tmp_path / "mine")
    (tmp_path / "mine" / "trainA" / "lq_000.png").write_bytes(b"not an image")
    next((tmp_path / "mine" / "testA").iterdir()).write_bytes(b"")
    code, text = checkout.snakemake(
        "--config", "dataset=folder", f"data_root={tmp_path / 'mine'}", "methods=[identity]"
    )
    assert code == 1
    assert text.count("An image cannot be read") >= 2
    assert "(2)" in text
    assert not Path(checkout.folder / "results" / "folder-mine" / "smoke" / "segmenter").exists()


def test_a_dry_run_imports_no_torch(checkout):
    script = (
        "import sys, yaml; from sspbench.config.plan import Plan;"
        "from sspbench.workflow.rule_params import CodeDigests;"
        "plan = Plan({**yaml.safe_load(open('config/config.yaml'))}); d = CodeDigests(plan);"
        "[d.train(r) for r in plan.runs if r.is_learned]; d.score; d.page;"
        "import sspbench.commands.cli; sspbench.commands.cli.build_parser();"
        "print(sorted({'torch', 'pyiqa', 'skimage', 'pandas'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
