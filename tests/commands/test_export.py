"""Export to ONNX: the file computes what torch computes at every size that it takes; or there is no file."""

import numpy as np
import pytest

from sspbench.commands.cli import main
from sspbench.jobs.outcome import JobError
from sspbench.plugins.discovery import find_plugins
from tests.run_folder import run_of

LEARNED = [name for name, found in find_plugins("methods").items() if found.meta["kind"] == "learned"]
SAMPLING = ["unsb"]
"""Methods that draw random numbers for each image."""


@pytest.mark.parametrize("name", sorted(set(LEARNED) - set(SAMPLING)))
def test_onnxruntime_computes_the_same(tmp_path, capsys, name):
    import onnxruntime

    from sspbench.commands.named_methods import load_run_settings
    from sspbench.stages.enhance import load_method

    run = run_of(name, tmp_path)
    target = tmp_path / "model.onnx"
    assert main(["export", "--weights", str(run), "--output", str(target)]) == 0
    assert "at 3 sizes" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["method"] == name
    smallest = int(facts["smallest_side"])
    method = load_method(load_run_settings(run), run / "weights.safetensors")
    for height, width in [(65, 97), (96, 64), (smallest, 50), (101, 34)]:
        images = np.random.default_rng(3).random((2, 1, height, width), dtype=np.float32)
        expected = method.enhance(images)
        assert np.ptp(expected) > 1e-3
        (found,) = session.run(None, {"image": images})
        assert found.shape == images.shape
        assert np.abs(found - expected).max() < 0.1 / 255


def test_the_graph_names_the_size_that_it_needs_where_a_picture_is_too_small(tmp_path):
    """SSP-Net halves five times and normalises: at 32 x 32 a single pixel would be left."""
    import onnxruntime

    target = tmp_path / "model.onnx"
    assert main(["export", "--weights", str(run_of("sspnet", tmp_path)), "--output", str(target)]) == 0
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    with pytest.raises(Exception, match="both sides must have 33 pixels or more"):
        session.run(None, {"image": np.zeros((1, 1, 32, 90), np.float32)})


def test_an_onnx_file_holds_one_method(tmp_path, capsys):
    target = tmp_path / "model.onnx"
    assert main(["export", "--weights", str(tmp_path), str(tmp_path), "--output", str(target)]) == 2
    assert "holds one method" in capsys.readouterr().err


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


def test_a_network_that_depends_on_the_traced_size_is_refused():
    """A network that takes its first image's size as a constant exports, but computes something else elsewhere."""
    import torch

    from sspbench.commands.onnx_model import make_onnx
    from sspbench.training.trainable import TrainableMethod

    class Sized(TrainableMethod):
        def build(self):
            self.add_network("last", torch.nn.ReLU(), keep=True)

        def translate(self, images):
            return self.networks["last"](images) * (float(images.shape[-1]) / 1000)

    method = Sized({})
    method.build()
    with pytest.raises(JobError, match="does not compute what torch computes"):
        make_onnx(method, {})
