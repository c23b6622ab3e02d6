"""DVC: what it tracks, and that a second clone rebuilds a release's tables without a GPU and without training."""

import configparser
import os
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from checkouts import HIDDEN_VARIABLES, Checkout

from sspbench.checkout import ROOT
from sspbench.files import sha256
from sspbench.workflow.code_digests import import_closure

FILES = {"cornsim": ROOT / "dvc.yaml", "qilu": ROOT / "data/qilu/dvc.yaml", "corn2": ROOT / "data/corn2/dvc.yaml"}

LEFT_OUT = {"logs", "tensorboard"}
"""Folders of the results that are not released."""


def stages(name):
    return yaml.safe_load(FILES[name].read_text())["stages"]


def outs(stage):
    """The outputs of a stage and their options, at the preset demo."""
    return {path.replace("${preset}", "demo"): facts for entry in stage["outs"] for path, facts in entry.items()}


def test_nothing_is_reported_home():
    config = configparser.ConfigParser()
    config.read_string("\n".join(line.strip() for line in (ROOT / ".dvc/config").read_text().splitlines()))
    assert config["core"]["analytics"] == config["core"]["check_update"] == "false"
    assert "://" not in config["'remote \"release\"'"]["url"]


def test_the_benchmark_is_the_users_line():
    benchmark = stages("cornsim")["benchmark"]
    assert benchmark["cmd"][0] == "uv run snakemake --cores all --resources gpu=2"
    assert "results/cornsim/demo/runs" in outs(benchmark)


def test_a_run_without_the_control_segmenter_has_all_outputs(tmp_path):
    """The workflow is replaced by one that leaves what a run with ``segmenters: [high]`` leaves."""
    benchmark = stages("cornsim")["benchmark"]
    left = [path for path in outs(benchmark) if not path.endswith("segmenter-low")]
    assert len(left) == len(benchmark["outs"]) - 1
    commands = [*(f"mkdir -p {path} && touch {path}/x" for path in left), *benchmark["cmd"][1:]]
    commands = [command.replace("${preset}", "demo") for command in commands]
    copy = {"cmd": commands, "outs": [{path: facts} for path, facts in outs(benchmark).items()]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"benchmark": copy}}))
    clone = Clone(tmp_path)
    clone.run("git", "init", "--quiet")
    clone.python("dvc", "init", "--quiet")
    clone.python("dvc", "repro")
    assert "didn't change" in clone.python("dvc", "repro")


@pytest.mark.parametrize("name", FILES)
def test_outputs_persist_and_git_ignores_them(name):
    for stage in stages(name).values():
        for path, facts in outs(stage).items():
            assert facts["persist"] is True
            assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0, path


@pytest.mark.parametrize("name", FILES)
def test_a_data_stage_depends_on_all_code_of_its_data_set(name):
    folder = ROOT / "data" / name
    used = {path for path in import_closure([folder / "prepare.py"]) if path.is_relative_to(folder)}
    assert used <= {ROOT / path for path in stages(name)["data"]["deps"]}


def test_the_benchmark_depends_on_every_folder_whose_code_it_runs():
    stages_and_report = [*(ROOT / "sspbench/stages").glob("*.py"), *(ROOT / "report").glob("*.py")]
    plugins = [path for folder in ("methods", "segmentation", "metrics") for path in (ROOT / folder).rglob("*.py")]
    folders = {path.relative_to(ROOT).parts[0] for path in import_closure([*stages_and_report, *plugins])}
    assert "packages" in folders
    assert folders <= set(stages("cornsim")["benchmark"]["deps"])


def test_corn2_is_never_pushed():
    assert [facts["push"] for facts in outs(stages("corn2")["data"]).values()] == [False]


class Clone:
    """A checkout in which DVC and Snakemake run with this interpreter's packages."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results = folder / "results/cornsim/smoke"
        hidden = (*HIDDEN_VARIABLES, "GIT_")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
        self.environment |= {"UV_PROJECT_ENVIRONMENT": sys.prefix, "UV_NO_SYNC": "1", "UV_FROZEN": "1"}

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command, which must exit with ``status``; return what it said."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout + done.stderr

    def python(self, *arguments: str, status: int = 0) -> str:
        return self.run(sys.executable, "-m", *arguments, status=status)

    def hashes(self) -> dict[str, str]:
        kept = [path for path in self.results.rglob("*") if path.is_file() and not LEFT_OUT.intersection(path.parts)]
        return {str(path.relative_to(self.results)): sha256(path) for path in kept}


def first_clone(two_rows: Checkout, folder: Path) -> Clone:
    """A copy of the finished run as a repository whose config asks for that run; records and page lack."""
    shutil.copytree(two_rows.folder, folder)
    config, smoke = (yaml.safe_load((folder / f"config/{name}.yaml").read_text()) for name in ("config", "smoke"))
    config |= smoke | {"methods": ["identity", "msgnet"], "ablation": None}
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    clone = Clone(folder)
    clone.run("git", "init", "--quiet")
    clone.run("git", "config", "user.name", "test")
    clone.run("git", "config", "user.email", "test@example.org")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "start")
    (clone.results / "report.html").unlink()
    shutil.rmtree(clone.results / "analysis")  # it names the command that repeats the run, which is another one here
    return clone


@pytest.mark.skipif(shutil.which("uv") is None, reason="dvc.yaml calls uv, which is not installed")
def test_a_second_clone_rebuilds_the_tables_byte_for_byte(two_rows, tmp_path):
    one = first_clone(two_rows, tmp_path / "one")
    said = one.python("dvc", "repro")
    assert "wrote the page" in said and "trained CS-Net" not in said
    assert one.run("git", "status", "--porcelain").split() == ["??", "dvc.lock"], "git must ignore all results"
    one.python("dvc", "push", "dvc.yaml")
    one.run("git", "add", "dvc.lock")
    one.run("git", "commit", "--quiet", "--message", "release")
    assert "cornsim/smoke" in one.python("dvc", "metrics", "show")

    one.run("git", "clone", "--quiet", str(one.folder), str(tmp_path / "two"))
    two = Clone(tmp_path / "two")
    weights = two.results / "segmenter/csnet/seed-0/weights.safetensors"
    said = two.python("sspbench", "reproduce-pictures")
    assert "files are equal" in said and "DIFFERS" not in said and "changed since" not in said
    assert two.hashes() == one.hashes()
    assert {"report.html", "tables/metrics.json"} <= two.hashes().keys()
    for rule in ("rule train", "rule enhance", "rule score", "rule prepare"):
        assert rule not in said
    said = two.python("snakemake", "--dry-run", "--cores", "1")
    assert "Nothing to be done" in said and "missing provenance" not in said

    scores = next(two.results.glob("runs/*/seed-0/scores.csv"))
    scores.write_text(scores.read_text().replace(",entropy,", ",entropy,1", 1))
    before = sha256(weights)
    said = two.python("sspbench", "reproduce-pictures", "--no-pull", status=2)
    assert "scores.csv: changed since it was written" in said and "dvc checkout" in said
    assert sha256(weights) == before


@pytest.fixture
def served(tmp_path):
    """The address of a plain web server that shows ``tmp_path / "remote"``."""
    (tmp_path / "remote").mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "remote")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_clone_without_credentials_pulls_from_a_plain_web_server(tmp_path, served):
    (tmp_path / "one/results/cornsim").mkdir(parents=True)
    one = Clone(tmp_path / "one")
    (one.folder / "results/cornsim/picture.png").write_bytes(b"pixels")
    one.run("git", "init", "--quiet")
    one.python("dvc", "init", "--quiet")
    shutil.copy(ROOT / ".dvc/config", one.folder / ".dvc/config")
    one.python("dvc", "remote", "modify", "--local", "release", "url", str(tmp_path / "remote"))
    one.python("dvc", "add", "--quiet", "results/cornsim")
    one.python("dvc", "push", "--quiet")
    one.run("git", "add", "--all")
    one.run(
        "git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message", "data"
    )
    one.run("git", "clone", "--quiet", str(one.folder), str(tmp_path / "two"))
    two = Clone(tmp_path / "two")
    two.python("dvc", "remote", "modify", "--local", "release", "url", served)
    two.python("dvc", "pull", "--quiet")
    assert (two.folder / "results/cornsim/picture.png").read_bytes() == b"pixels"
