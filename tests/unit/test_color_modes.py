"""Images of a mode that a method cannot take are rejected before anything runs, each method by its name."""

import pytest

from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.errors import UserError


def plan(**keys):
    return Plan({**read_config(DEFAULT_CONFIG_FILE), **keys})


def test_grey_data_and_grey_methods_go_together():
    made = plan(methods=["identity", "sspnet"], ablation=None)
    assert made.color == "grey"
    assert [run.id for run in made.runs] == ["identity", "sspnet"]


def test_only_the_plugin_that_takes_no_colour_is_named():
    with pytest.raises(UserError) as caught:
        _ = plan(dataset="fundussim", methods=["identity", "dcp"], ablation=None).runs
    text = str(caught.value)
    assert "cannot take images of mode rgb" in text
    assert "csnet takes grey" in text
    assert not any(name in text for name in ("identity", "dcp"))


def test_methods_and_a_segmenter_that_take_both_modes_are_not_named():
    made = plan(dataset="fundussim", methods=["identity", "dcp"], ablation=None, segmenter="wnet")
    assert [run.id for run in made.runs] == ["identity", "dcp"]
