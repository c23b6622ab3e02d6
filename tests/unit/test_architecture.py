"""The layout's rules hold, faults against them are found, and ARCHITECTURE.md is current."""

import subprocess
import sys

import pytest

from sspbench.checkout import ROOT
from sspbench.commands.architecture import ARCHITECTURE_FILE, find_layout_faults, render_architecture

LIGHT = """
import sys
sys.argv = ["sspbench"]
from sspbench.commands.cli import main, build_parser
from sspbench.config.plan import Plan, read_config
from sspbench.workflow.rule_params import CodeDigests, training_resources
build_parser()
assert main(["list"]) == 0
plan = Plan(read_config(sspbench_config))
[CodeDigests(plan).train(run) for run in plan.runs if run.is_learned]
[training_resources(run.plugin) for run in plan.runs]
heavy = {"torch", "torchvision", "pyiqa", "pandas", "matplotlib", "skimage"} & set(sys.modules)
assert not heavy, heavy
"""


def test_imports_run_one_way_and_files_are_small_and_named():
    assert find_layout_faults() == []


def test_the_description_is_current():
    assert ARCHITECTURE_FILE.read_text() == render_architecture(), "run: python -m sspbench architecture"


def test_listing_configuration_and_digests_import_nothing_heavy():
    code = LIGHT.replace("sspbench_config", "__import__('pathlib').Path('config/config.yaml')")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


SOUND = {
    "methods/a/method.py": '"""A."""\nx = 1\n',
    "sspbench/config/plan.py": '"""Plans runs."""\nfrom .runs import x\n',
    "sspbench/stages/train.py": '"""Trains."""\nfrom ..config.plan import x\n',
}


def laid_out(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("sspbench/config/peek.py", '"""Looks ahead."""\nfrom ..stages.train import x\n', "a later room"),
        ("sspbench/config/late.py", '"""Hides it."""\ndef f():\n    import sspbench.stages.train\n', "a later room"),
        ("sspbench/attic/box.py", '"""A box."""\nfrom ..config.plan import x\n', "no room of the frame"),
        ("sspbench/config/runs.py", '"""A circle."""\nfrom .plan import x\n', "a cycle of imports"),
        ("sspbench/config/runs.py", '"""Hides it."""\ndef f():\n    from . import plan\n', "a cycle of imports"),
        ("sspbench/peek.py", '"""Peeks."""\nimport methods.a.method\n', "knows no plugin by name"),
        ("methods/b/method.py", '"""Borrows."""\nfrom methods.a.method import x\n', "stage folders meet"),
        ("metrics/m.py", '"""Borrows."""\nimport methods.a.method\n', "stage folders meet"),
        ("packages/p/src/p/x.py", '"""Leans."""\nfrom sspbench.config.plan import x\n', "works without the suite"),
        ("sspbench/long.py", '"""Long."""\n' + "x = 1\n" * 300, "split it"),
        ("report/utils.py", '"""Vague."""\n', "what it does"),
        ("report/silent.py", "x = 1\n", "no docstring"),
    ],
)
def test_a_fault_is_found(tmp_path, monkeypatch, path, content, words):
    monkeypatch.setattr("sspbench.workflow.code_digests.ROOT", tmp_path)
    laid_out(tmp_path, {**SOUND, path: content})
    (found,) = find_layout_faults(tmp_path)
    assert words in found
    assert path.split("/")[0] in found


def test_a_sound_layout_has_no_fault(tmp_path, monkeypatch):
    monkeypatch.setattr("sspbench.workflow.code_digests.ROOT", tmp_path)
    laid_out(tmp_path, SOUND)
    assert find_layout_faults(tmp_path) == []
