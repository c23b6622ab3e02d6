"""Export to ONNX: the file computes what torch computes, at sizes it was not traced at; or there is no file."""

import json
from pathlib import Path

import numpy as np
import pytest

from sspbench.commands.cli import main
from sspbench.config.plan import Plan, read_config
from sspbench.jobs.outcome import JobError
from sspbench.plugins.discovery import find_plugins

LEARNED = [name for name, found in find_plugins("methods").items() if found.meta["kind"] == "learned"]
SAMPLING = ["unsb"]
"""Methods that draw random numbers for each image."""


def run_of(name: str, folder: Path) -> Path:
    """A run folder as training leaves it, with seeded weights away from their starting values."""
    import torch

    from sspbench.stages.train import make_method
    from sspbench.training.loop.checkpoints import save_weights

    plan = Plan(read_config(Path("config/smoke.yaml")))
    settings = plan.train_settings(plan.get_run(name, 0))
    torch.manual_seed(1)
    method = make_method(settings)
    method.build()
    with torch.no_grad():
        for key in method.kept_networks:
            for parameter in method.networks[key].parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape))
    method.finish(iter(torch.rand(2, 1, 1, 64, 64)))
    save_weights(folder / "weights.safetensors", method)
    (folder / "jobs").mkdir()
    (folder / "jobs/train.json").write_text(json.dumps({"stage": "train", "settings": settings.as_json()}))
    return folder


@pytest.mark.parametrize("name", sorted(set(LEARNED) - set(SAMPLING)))
def test_onnxruntime_computes_the_same(tmp_path, capsys, name):
    import onnxruntime

    from sspbench.commands.enhance import load_run_settings
    from sspbench.stages.enhance import load_method

    run = run_of(name, tmp_path)
    target = tmp_path / "model.onnx"
    assert main(["export", "--weights", str(run), "--output", str(target)]) == 0
    assert "at two sizes" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["method"] == name
    multiple = int(facts["multiple"])
    images = np.random.default_rng(3).random((2, 1, multiple, 3 * multiple), dtype=np.float32)
    expected = load_method(load_run_settings(run), run / "weights.safetensors").enhance(images)
    assert np.ptp(expected) > 1e-3
    (found,) = session.run(None, {"image": images})
    assert np.abs(found - expected).max() < 0.1 / 255


@pytest.mark.parametrize("name", SAMPLING)
def test_a_method_that_samples_is_refused(tmp_path, capsys, name):
    target = tmp_path / "model.onnx"
    assert main(["export", "--weights", str(run_of(name, tmp_path)), "--output", str(target)]) != 0
    told = capsys.readouterr().err
    assert "draws random numbers for each image" in told and "sspbench enhance" in told
    assert not target.exists()


def test_a_file_that_is_there_is_kept(tmp_path, capsys):
    target = tmp_path / "model.onnx"
    target.write_bytes(b"mine")
    assert main(["export", "--weights", str(tmp_path), "--output", str(target)]) == 2
    assert "--force" in capsys.readouterr().err and target.read_bytes() == b"mine"


def test_no_run_no_file(tmp_path, capsys):
    assert main(["export", "--weights", str(tmp_path), "--output", str(tmp_path / "m.onnx")]) == 2
    assert "not the folder of a trained run" in capsys.readouterr().err


def test_a_network_that_depends_on_the_traced_size_is_refused(tmp_path):
    """A network that takes its first image's size as a constant exports, but computes something else elsewhere."""
    import torch

    from sspbench.commands.export import write_onnx
    from sspbench.training.trainable import TrainableMethod

    class Sized(TrainableMethod):
        def build(self):
            self.add_network("last", torch.nn.ReLU(), keep=True)

        def translate(self, images):
            return self.networks["last"](images) * (float(images.shape[-1]) / 1000)

    method = Sized({})
    method.build()
    with pytest.raises(JobError, match="does not compute what torch computes"):
        write_onnx(method, {}, tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()
