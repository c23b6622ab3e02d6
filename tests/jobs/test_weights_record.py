"""Weights that are not those which the training wrote are refused wherever they are loaded."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from sspbench.commands.cli import main
from sspbench.config.plan import Plan, read_config
from sspbench.errors import UserError
from sspbench.files import read_json, sha256
from sspbench.jobs.weights_record import has_original_weights, verify_weights
from sspbench.stages.train import TrainingLimits, load_for_inference, make_segmenter, train_method, train_segmenter
from sspbench.training.loop.training import TrainingBudget

LIMITS = TrainingLimits(minutes=10, budget=TrainingBudget(checkpoint_minutes=10))
SHORT = {"zerodce": {"epochs": None, "steps": 1}, "csnet": {"steps": 1}}


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_data):
    """A run and a segmenter, trained for one step."""
    folder = tmp_path_factory.mktemp("trained")
    plan = Plan({**read_config("config/smoke.yaml"), "methods": ["zerodce"], "ablation": None, "params": SHORT})
    train_method(plan.train_settings(plan.get_run("zerodce", 0)), tiny_data, folder / "run", LIMITS)
    train_segmenter(plan.segmenter_settings(0), tiny_data, folder / "segmenter", LIMITS)
    return folder, plan


@pytest.fixture
def copied(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "copied")
    return tmp_path / "copied"


def exchange(path):
    save_file({name: tensor + torch.ones_like(tensor) for name, tensor in load_file(path).items()}, path)


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize("owner", ["run", "segmenter"])
@pytest.mark.parametrize("change", [exchange, cut])
def test_exchanged_and_cut_weights_are_named_with_the_file_to_remove(copied, owner, change):
    weights = copied / owner / "weights.safetensors"
    assert read_json(copied / owner / "jobs/train.json")["weights_sha256"] == sha256(weights)
    assert has_original_weights(copied / owner)
    change(weights)
    assert not has_original_weights(copied / owner)
    with pytest.raises(UserError) as caught:
        verify_weights(weights)
    assert "not the weights that the training wrote" in str(caught.value)
    assert f"remove {weights} and run it again" in str(caught.value)


def test_the_segmenter_and_enhance_refuse_them(copied, trained, capsys):
    settings = trained[1].segmenter_settings(0)
    load_for_inference(make_segmenter(settings), copied / "segmenter/weights.safetensors", settings.engine)
    exchange(copied / "segmenter/weights.safetensors")
    with pytest.raises(UserError, match="not the weights that the training wrote"):
        load_for_inference(make_segmenter(settings), copied / "segmenter/weights.safetensors", settings.engine)
    exchange(copied / "run/weights.safetensors")
    (copied / "in").mkdir()
    shutil.copy("docs/report-page.png", copied / "in/a.png")
    arguments = ["--weights", str(copied / "run"), "--input", str(copied / "in"), "--output", str(copied / "out")]
    assert main(["enhance", *arguments]) != 0
    assert "not the weights that the training wrote" in capsys.readouterr().err


def test_weights_without_a_record_are_not_compared(copied):
    exchange(copied / "run/weights.safetensors")
    (copied / "run/jobs/train.json").unlink()
    verify_weights(copied / "run/weights.safetensors")
    weights = shutil.copy(copied / "segmenter/weights.safetensors", copied / "run/other.safetensors")
    verify_weights(copied / "run" / weights.name)
