"""The mode of a data set's images decides the channels that its methods and segmenters are built for."""

from dataclasses import replace

import pytest

from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config, settings_without_plan
from sspbench.config.settings import Settings
from sspbench.plugins.discovery import get_plugin
from sspbench.stages.enhance import load_method
from sspbench.stages.train import make_trainable


@pytest.mark.parametrize(("color", "channels"), [("grey", 1), ("rgb", 3)])
@pytest.mark.parametrize(("group", "name"), [("methods", "cyclegan"), ("segmentation", "csnet")])
def test_a_trained_plugin_knows_its_channels_before_it_is_built(group, name, color, channels):
    settings = replace(settings_without_plan(get_plugin(group, name), "smoke"), color=color)
    trainable = make_trainable(settings)
    assert (trainable.channels, trainable.networks) == (channels, {})


@pytest.mark.parametrize(("color", "channels"), [("grey", 1), ("rgb", 3)])
def test_a_classical_method_knows_its_channels(color, channels):
    settings = replace(settings_without_plan(get_plugin("methods", "gamma"), "smoke"), color=color)
    assert load_method(settings, None).channels == channels


def test_the_plan_takes_the_mode_from_the_data_set():
    config = {**read_config(DEFAULT_CONFIG_FILE), "methods": ["identity"], "ablation": None}
    grey, colour = Plan(config), Plan({**config, "dataset": "fundussim"})
    assert (grey.segmenter_settings(0).color, colour.segmenter_settings(0).color) == ("grey", "rgb")
    assert colour.train_settings(colour.get_run("gamma", 0)).channels == 3


def test_records_of_settings_without_a_mode_are_grey():
    content = settings_without_plan(get_plugin("methods", "gamma"), "smoke").as_json()
    del content["color"]
    assert Settings.from_json(content, "train.json").color == "grey"
