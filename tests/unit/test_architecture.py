"""The layout's rules hold, faults against them are found, and ARCHITECTURE.md is current."""

import subprocess
import sys

import pytest

from sspbench.checkout import ROOT
from sspbench.commands.architecture import TARGET, described, faults

LIGHT = """
import sys
sys.argv = ["sspbench"]
from sspbench.commands.cli import main, parser
from sspbench.plan.config import Plan, read_config
from sspbench.plan.rules import Digests, training_resources
parser()
assert main(["list"]) == 0
plan = Plan(read_config(sspbench_config))
[Digests(plan).train(run) for run in plan.runs if run.learned]
[training_resources(run.plugin) for run in plan.runs]
heavy = {"torch", "torchvision", "pyiqa", "pandas", "matplotlib", "skimage"} & set(sys.modules)
assert not heavy, heavy
"""


def test_imports_run_one_way_and_files_are_small_and_named():
    assert faults() == []


def test_the_description_is_current():
    assert TARGET.read_text() == described(), "run: python -m sspbench architecture"


def test_listing_configuration_and_digests_import_nothing_heavy():
    code = LIGHT.replace("sspbench_config", "__import__('pathlib').Path('config/config.yaml')")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("path", "content", "words"),
    [
        ("sspbench/peek.py", '"""Peeks."""\nimport methods.a.method\n', "knows no plugin by name"),
        ("methods/b/method.py", '"""Borrows."""\nfrom methods.a.method import x\n', "stage folders meet"),
        ("metrics/m.py", '"""Borrows."""\nimport methods.a.method\n', "stage folders meet"),
        ("sspbench/long.py", '"""Long."""\n' + "x = 1\n" * 300, "split it"),
        ("report/utils.py", '"""Vague."""\n', "what it does"),
        ("report/silent.py", "x = 1\n", "no docstring"),
    ],
)
def test_a_fault_is_found(tmp_path, monkeypatch, path, content, words):
    monkeypatch.setattr("sspbench.plan.digest.ROOT", tmp_path)
    for name, text in (("methods/a/method.py", '"""A."""\nx = 1\n'), (path, content)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (found,) = faults(tmp_path)
    assert words in found
    assert path.split("/")[0] in found
