"""Files and folders as they go wrong: full disks, cut records, paths that no system takes."""

import ast
import errno
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sspbench.checkout import ROOT
from sspbench.commands.cli import main
from sspbench.errors import SYSTEM_ERROR_HINTS, UserError, explain_system_error
from sspbench.files import read_json, read_mapping, write_bytes
from sspbench.images.archives import unpack_archive
from sspbench.images.manifest import Manifest
from sspbench.jobs.outcome import read_status

SKIPPED = {"_Unavailable"}
"""Refusals of one address, which are the reason of one fault with a hint."""


def faults_without_hint() -> list[str]:
    """Return every place of the code that raises or collects a fault without saying how to mend it."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        inside = path.relative_to(ROOT)
        if inside.parts[0] in ("tests", ".venv", "results") or inside == Path("sspbench/errors.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _tells(ast.unparse(node.func)):
                named = {keyword.arg for keyword in node.keywords}
                if not named & {"hint", None} and len(node.args) == 1:
                    found.append(f"{inside}:{node.lineno}")
    return found


def _tells(function: str) -> bool:
    return function in ("UserError", "JobError", "Diverged", "OutOfTime", "OutOfMemory") or function == "faults.add"


def test_every_fault_says_how_to_mend_it():
    assert faults_without_hint() == []


@pytest.mark.parametrize("number", SYSTEM_ERROR_HINTS)
def test_what_the_system_refuses_is_told_with_what_mends_it(number):
    fault = explain_system_error(OSError(number, os.strerror(number), "some/place"))
    assert fault.where == "some/place"
    assert fault.hint == SYSTEM_ERROR_HINTS[number]
    assert fault.exit_code != 0


def test_a_fault_of_code_is_not_taken_for_the_systems():
    assert explain_system_error(FileNotFoundError(errno.ENOENT, "gone", "x")) is None
    assert explain_system_error(ValueError("x")) is None


def test_a_file_that_does_not_fit_is_named_and_leaves_nothing(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            write_bytes(tmp_path / "weights.bin", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert explain_system_error(caught.value).where == str(tmp_path / "weights.bin")
    assert list(tmp_path.iterdir()) == []


LONG_PATH = "x" * 4000


@pytest.mark.parametrize(
    "command",
    [
        ["doctor", "data", LONG_PATH],
        ["enhance", "--method", "dcp", "--input", str(ROOT / "docs"), "--output", LONG_PATH],
        ["compare", LONG_PATH, LONG_PATH],
        ["check-release", LONG_PATH],
        ["cite", "--config", LONG_PATH],
    ],
)
def test_a_path_that_no_system_takes_is_told(command, capsys):
    assert main(command) != 0
    text = capsys.readouterr().err
    assert "hint:" in text
    assert len(text) < 3000


def test_an_output_that_cannot_be_made_is_told_before_anything_is_computed(tmp_path, capsys):
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "file").write_text("x")
    for output in ("file", "file/inside"):
        command = ["enhance", "--method", "dcp", "--input", str(tmp_path / "a.png"), "--output", str(tmp_path / output)]
        assert main(command) == 2
        assert "cannot be made" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "\0", "", b"\xff\xfe"])
def test_a_record_that_is_none_is_told(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=r"(?s)cannot be read.*a\.json.*hint"):
        read_json(path)


@pytest.mark.parametrize("content", ["[]", "null", '"x"', "5"])
def test_a_record_of_another_kind_is_told(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(UserError, match="not names with values"):
        read_mapping(tmp_path / "a.json")


def test_missing_records_and_images_say_what_makes_them(tmp_path):
    with pytest.raises(UserError, match=r"(?s)missing.*hint: run the workflow"):
        read_json(tmp_path / "a.json")
    with pytest.raises(UserError, match=r"(?s)not prepared.*stage prepare"):
        Manifest.read(tmp_path / "manifest.json")


@pytest.mark.parametrize("content", ["{", "[]", '{"status": "done"}', '{"stage": 1, "status": 2, "reason": 3}'])
def test_a_run_whose_status_cannot_be_read_does_not_hide_the_others(tmp_path, content):
    (tmp_path / "status.json").write_text(content)
    (tmp_path / "scores.csv").write_text("x")
    assert read_status(tmp_path)["status"] == "missing"


@pytest.mark.parametrize("content", ["null", "[]", '{"fitted": {}}', '{"fitted": {}, "settings": 5}', "{"])
def test_a_run_folder_with_an_odd_record_is_told(tmp_path, content, capsys):
    (tmp_path / "run" / "jobs").mkdir(parents=True)
    (tmp_path / "run" / "jobs" / "enhance.json").write_text(content)
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(tmp_path / "a.png")
    command = ["enhance", "--weights", str(tmp_path / "run"), "--input", str(tmp_path / "a.png"), "--output"]
    assert main([*command, str(tmp_path / "out")]) == 2
    assert "hint:" in capsys.readouterr().err


def test_an_archive_with_names_that_are_no_utf8_is_unpacked(tmp_path):
    content = io.BytesIO()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(content, "PNG")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        entry = tarfile.TarInfo(b"testA/caf\xe9.png".decode("utf-8", "surrogateescape"))
        entry.size = len(content.getvalue())
        tar.addfile(entry, io.BytesIO(content.getvalue()))
    unpack_archive(tmp_path / "a.tar", tmp_path / "out")
    assert [os.fsencode(path.name) for path in (tmp_path / "out/testA").iterdir()] == [b"caf\xe9.png"]


@pytest.mark.parametrize("names", [("A.png", "a.png"), ("caf\u00e9.png", "cafe\u0301.png"), ("a.png", "a.tif")])
def test_names_that_some_file_systems_take_for_one_are_refused(tmp_path, names, capsys):
    for key, split in enumerate(("trainA", "trainB", "testA")):
        (tmp_path / split).mkdir()
        for name in names if split == "testA" else ["x.png"]:
            pixels = np.random.default_rng([key, *name.encode()]).integers(0, 256, (64, 64), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / split / name)
    assert main(["doctor", "data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("Two files share the name") == 2


HEAD = "dataset,preset,method,variant,seed,image,metric,value,note\n"
SCORES = {
    "empty": "",
    "other columns": "a,b\n1,2\n",
    "no number": HEAD + "d,p,m,,0,i,dice,abc,\n",
    "a cell short": HEAD + "d,p,m\n",
    "no seed": HEAD + "d,p,m,,zero,i,dice,0.5,\n",
    "a negative seed": HEAD + "d,p,m,,-1,i,dice,0.5,\n",
    "binary": b"\xff\xfe\x00",
    "no line": HEAD,
}
RECORDS = {
    "run.json": ["{", "[]", '{"train": 5}'],
    "training.jsonl": ['{"step": 1}\n{"step": 2}\n', "[1]\n}\n", '{"step": "x", "losses": {}}\n'],
}


def results(folder: Path, content: str | bytes) -> Path:
    place = folder / "runs" / "m" / "seed-0"
    place.mkdir(parents=True)
    (place / "scores.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


@pytest.mark.parametrize("kind", SCORES)
def test_scores_of_another_form_are_refused_and_nothing_compared_is_no_agreement(tmp_path, kind, capsys):
    results(tmp_path / "r", SCORES[kind])
    assert main(["compare", str(tmp_path / "r"), str(tmp_path / "r"), "--output", str(tmp_path / "out")]) != 0
    told = capsys.readouterr()
    assert ("none is on both sides" in told.out) if kind == "no line" else ("hint:" in told.err)
    assert main(["simulate-statistics", str(tmp_path / "r")]) == 2
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "content"), [(name, one) for name, many in RECORDS.items() for one in many])
def test_odd_records_of_runs_are_told_when_results_are_verified(tmp_path, name, content):
    from report.compare.recorded_results import read_results_folder

    (results(tmp_path / "r", HEAD + "d,p,m,,0,i,dice,0.5,\n") / name).write_text(content)
    found = read_results_folder(tmp_path / "r")
    with pytest.raises(UserError, match="hint"):
        _ = found.jobs, found.losses


def test_a_command_elsewhere_finds_the_checkouts_config(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "sspbench", "cite"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "@" in done.stdout


@pytest.mark.parametrize(
    "options",
    [
        ["--config", "{"],
        ["--config", json.dumps({"preset": "demoo"})],
        ["--config", "nowhere.yaml"],
        ["--config", str(ROOT)],
        ["--set", "seeds=["],
        ["--set", "seeds"],
        ["--set", "=1"],
        ["--set", "a..b=1"],
    ],
)
def test_a_config_that_cannot_be_read_is_told(options, capsys):
    assert main(["cite", *options]) == 2
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize("seed", ["-1", "x", "\u0663", "4294967296", "1.5"])
def test_a_seed_by_hand_is_one_that_the_config_takes(seed, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["stage", "train", "sspnet", "--seed", seed])
    assert caught.value.code == 2
    assert "not a whole number from 0 to 4294967295" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_fault():
    command = f"set -o pipefail; {sys.executable} -m sspbench list --params sspnet | true"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 141)


def test_a_checked_plugin_that_ends_the_process_has_not_passed(tmp_path):
    copy = tmp_path / "checkout"
    for part in ("sspbench", "report", "packages", "metrics", "methods", "segmentation", "config"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    folder = copy / "methods" / "ends"
    shutil.copytree(copy / "methods" / "gamma", folder)
    (folder / "method.yaml").write_text((folder / "method.yaml").read_text().replace("Gamma", "Ends"))
    (folder / "method.py").write_text("import os\n\nos._exit(0)\n")
    command = [sys.executable, "-m", "sspbench", "check-method", "ends"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ended its process itself" in done.stdout + done.stderr


def test_a_full_disk_is_told_where_safetensors_meets_it(tmp_path):
    import torch

    from sspbench.training.loop.checkpoints import save_weights

    class Weights:
        def weights(self):
            return {"a": torch.zeros(10_000)}

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            save_weights(tmp_path / "weights.safetensors", Weights())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert explain_system_error(caught.value).where == str(tmp_path / "weights.safetensors")
    assert list(tmp_path.iterdir()) == []
