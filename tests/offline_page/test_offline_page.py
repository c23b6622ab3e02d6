"""What goes into the offline page, and what is refused; how it behaves in a browser is tested with one."""

import base64
import gzip
import hashlib
import json
import re
import shutil

import pytest

from sspbench.commands.cli import main
from sspbench.commands.export import MAX_PAGE_MODEL_BYTES, make_page_model
from sspbench.errors import UserError
from sspbench.offline_page import runtime
from sspbench.offline_page.page import PageModel, find_enhance_page, read_descriptions, render_page
from tests.run_folder import run_of

STAND_IN = runtime.WebRuntime(module=b"export {}", wasm=b"\0asm")


def facts(**changed):
    return {
        "name": "A", "label": "A (data, demo, seed 0)", "reference": "", "data": "data", "preset": "demo", "seed": 0,
        "steps": 5, "commit": "abc", "small_scale": True, "smallest_side": 1, "channels": 1, "weights_sha256": "0" * 64,
        "rules": {"luminance": [1, 0, 0], "tile": 8, "overlap_parts": 4}, **changed,
    }  # fmt: skip


def script_of(page, name):
    return re.search(rf'<script[^>]* id="{name}">(.*?)</script>', page, re.DOTALL)[1]


def test_a_run_is_described_by_its_own_records(tmp_path):
    run = tmp_path / "cornsim/smoke/runs/zerodce/seed-0"
    run.mkdir(parents=True)
    run_of("zerodce", run)
    record = json.loads((run / "jobs/train.json").read_text())
    record |= {"steps": 7, "data": "05135df6074a", "commit": "f3f2667d3195b68e", "dirty": True}
    (run / "jobs/train.json").write_text(json.dumps(record))
    model = make_page_model(run)
    found = model.description
    assert found["label"] == "Zero-DCE (cornsim, smoke, seed 0)"
    assert found["data"] == "cornsim, hash of its images 05135df6"
    assert (found["steps"], found["commit"]) == (7, "f3f2667d3195 with local changes")
    assert found["small_scale"] and found["smallest_side"] == 1 and found["channels"] == 1
    assert found["rules"] == {
        "luminance": (0.299, 0.587, 0.114), "tile": 1024, "overlap_parts": 4, "camera_bits": (8, 10, 12, 14),
    }  # fmt: skip
    assert found["weights_sha256"] == hashlib.sha256((run / "weights.safetensors").read_bytes()).hexdigest()


def test_a_large_network_is_refused_with_a_hint(tmp_path):
    run = run_of("zerodce", tmp_path)
    with (run / "weights.safetensors").open("ab") as stream:
        stream.truncate(MAX_PAGE_MODEL_BYTES + 1)
    with pytest.raises(UserError, match=r"too large for a page[\s\S]*narrow network"):
        make_page_model(run)


def test_a_method_that_samples_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"UNSB cannot|unsb cannot"):
        make_page_model(run_of("unsb", tmp_path))


def test_the_page_holds_runtime_and_models_and_is_the_same_again():
    models = [PageModel(b"first", facts()), PageModel(b"second", facts(name="B"))]
    page = render_page(models, STAND_IN)
    blocks = {"runtime-module": b"export {}", "runtime-wasm": b"\0asm", "model-0": b"first", "model-1": b"second"}
    for name, content in blocks.items():
        assert gzip.decompress(base64.b64decode(script_of(page, name))) == content
    assert page == render_page(models, STAND_IN)


def test_a_label_with_html_in_it_is_text():
    label = "</script><img src=x onerror=alert(1)>"
    page = render_page([PageModel(b"", facts(label=label, name=label))], STAND_IN)
    assert "<img" not in page.replace('<img id="after"', "").replace('<img id="before"', "")
    assert json.loads(script_of(page, "facts"))["models"][0]["label"] == label


def test_the_demonstration_scale_is_said_of_demonstrations_only():
    assert "Demonstration scale" in render_page([PageModel(b"", facts())], STAND_IN)
    assert "Demonstration scale" not in render_page([PageModel(b"", facts(small_scale=False))], STAND_IN)


def test_npm_is_needed_once_and_a_hint_says_how_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match=r"npm is missing[\s\S]*Node\.js[\s\S]*onnxruntime-web-1\.30\.0\.tgz"):
        runtime.load_runtime(tmp_path)


def test_an_archive_of_another_content_is_refused(tmp_path):
    (tmp_path / runtime.ARCHIVE).write_bytes(b"something else")
    with pytest.raises(UserError, match="not the pinned release"):
        runtime.load_runtime(tmp_path)


def test_a_page_that_is_there_is_kept(tmp_path, capsys):
    target = tmp_path / "enhance.html"
    target.write_text("mine")
    assert main(["export", "--weights", str(tmp_path), "--page", str(target)]) == 2
    assert "--force" in capsys.readouterr().err and target.read_text() == "mine"


@pytest.fixture
def trained(tmp_path):
    """A results folder with a row that fits into a page, one that samples, and an untrained one."""
    for name in ("zerodce", "unsb", "zerodce+untrained"):
        run = tmp_path / f"cornsim/smoke/runs/{name}/seed-0"
        run.mkdir(parents=True)
        run_of(name.partition("+")[0], run)
    return tmp_path


def page_command(results, *more):
    chosen = ["preset=smoke", "methods=[zerodce, unsb, zerodce+untrained, sspnet]", "seeds=[0, 1]"]
    return ["export", "--page", "--results", str(results), "--set", *chosen, *more]


def test_without_file_and_runs_the_page_of_the_trained_rows_lies_beside_the_report(trained, monkeypatch, capsys):
    monkeypatch.setattr(runtime, "load_runtime", lambda: STAND_IN)
    assert main(page_command(trained)) == 0
    said = capsys.readouterr()
    target = trained / "cornsim/smoke/enhance.html"
    assert f"{target}: 1 methods" in said.out
    assert "left out: UNSB cannot be put into a page" in said.err
    assert [model["label"] for model in read_descriptions(target.read_text())] == ["Zero-DCE (cornsim, smoke, seed 0)"]


def test_a_page_of_a_config_without_trained_rows_is_an_error_with_a_hint(tmp_path, capsys):
    assert main(page_command(tmp_path)) == 2
    said = capsys.readouterr().err
    assert "No method of the config is trained" in said and "--weights RUN" in said


def test_the_report_links_the_page_beside_it_as_long_as_its_networks_are_those_of_the_run(trained):
    root = trained / "cornsim/smoke"
    assert find_enhance_page(root) is None
    weights = root / "runs/zerodce/seed-0/weights.safetensors"
    (root / "runs/zerodce+untrained/seed-0/weights.safetensors").write_bytes(b"others")
    model = PageModel(b"", facts(name="Zero-DCE", weights_sha256=hashlib.sha256(weights.read_bytes()).hexdigest()))
    (root / "enhance.html").write_text(render_page([model], STAND_IN))
    found = find_enhance_page(root)
    assert (found.file, found.methods, found.is_current) == ("enhance.html", ("Zero-DCE",), True)
    weights.write_bytes(b"trained again")
    assert not find_enhance_page(root).is_current
    (root / "enhance.html").write_text("<p>another page</p>")
    assert find_enhance_page(root) is None
