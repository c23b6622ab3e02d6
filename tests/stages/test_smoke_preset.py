"""The smoke preset of every learned method and segmenter takes the images of the embedded data set: 96 pixels."""

import pytest

from sspbench.config.plan import Plan, read_config
from sspbench.images.pictures import read_grey
from sspbench.plugins.discovery import find_plugins, find_trained_plugins
from sspbench.stages.enhance import enhance
from sspbench.stages.train import TrainingLimits, train_method, train_segmenter

GREY = [found for found in find_trained_plugins() if "grey" in found.meta.get("color", ["grey"])]
ONE_STEP = {"epochs": None, "steps": 1}


def make_plan(**overrides):
    return Plan({**read_config("config/smoke.yaml"), **overrides})


@pytest.mark.parametrize("name", [found.name for found in GREY if found.group == "methods"])
def test_a_method_trains_on_and_enhances_small_images(name, tiny_data, tmp_path):
    plan = make_plan(methods=[name], ablation=None, params={name: ONE_STEP})
    settings = plan.train_settings(plan.get_run(name, 0))
    train_method(settings, tiny_data, tmp_path, TrainingLimits())
    enhance(settings, tiny_data, tmp_path, tmp_path / "weights.safetensors")
    sizes = {read_grey(path).shape for path in (tmp_path / "enhanced").glob("*.png")}
    assert sizes == {read_grey(path).shape for path in tiny_data.image_paths("testA")} == {(96, 96)}
    assert {read_grey(path).shape for path in tiny_data.image_paths("trainA")} == {(96, 96)}


@pytest.mark.parametrize("name", [found.name for found in GREY if found.group != "methods"])
def test_a_segmenter_trains_on_small_images(name, tiny_data, tmp_path):
    plan = make_plan(segmenter=name, params={name: ONE_STEP})
    train_segmenter(plan.segmenter_settings(0), tiny_data, tmp_path, TrainingLimits())
    assert (tmp_path / "weights.safetensors").is_file()


def test_every_learned_method_is_tried():
    learned = {name for name, found in find_plugins("methods").items() if found.meta["kind"] == "learned"}
    assert learned <= {found.name for found in GREY}
