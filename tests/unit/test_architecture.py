"""The layout's rules hold, faults against them are found, and ARCHITECTURE.md is current."""

import subprocess
import sys

import pytest

from sspbench.checkout import ROOT
from sspbench.commands.architecture import ARCHITECTURE_FILE, find_layout_faults, render_architecture
from sspbench.errors import UserError

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
    text = ARCHITECTURE_FILE.read_text()
    assert text == render_architecture(text), "run: python -m sspbench architecture"
    assert len(text.encode()) <= 8000


MARKED = "\n".join(f"{name}\n<!-- {name}: begin -->\nOUTDATED\n<!-- {name}: end -->" for name in ("rooms", "graph"))


def test_the_graph_leaves_out_what_a_longer_way_says(tmp_path, monkeypatch):
    monkeypatch.setattr("sspbench.workflow.code_digests.ROOT", tmp_path)
    laid_out(tmp_path, {**SOUND, "sspbench/files.py": '"""Writes."""\ny = 1\n'})
    (tmp_path / "sspbench/config/runs.py").write_text('"""Runs."""\nfrom ..files import y\nx = 1\n')
    (tmp_path / "sspbench/stages/train.py").write_text(
        '"""Trains."""\nfrom ..config.runs import x\nfrom ..files import y\n'
    )
    text = render_architecture(MARKED, tmp_path)
    edges = [line.strip() for line in text.splitlines() if "-->" in line and "<!" not in line]
    assert edges == ["config --> sspbench", "stages --> config"]
    assert text.startswith("rooms\n") and "OUTDATED" not in text


def test_a_missing_marker_is_an_error():
    with pytest.raises(UserError, match="The marker 'graph' is missing"):
        render_architecture(MARKED.replace("graph: end", "graph"))


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
        ("sspbench/attic/box.py", '"""A box."""\nfrom ..config.plan import x\n', "not a room of the frame"),
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
