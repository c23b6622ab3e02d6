"""A method that cannot take the images of a data set has no jobs and says why; such a segmenter is rejected."""

from dataclasses import replace

import pytest

from sspbench.config.overrides import adapt_presets, merge_dicts, resolve_params
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.errors import UserError
from sspbench.plugins.discovery import get_plugin


def plan(**keys):
    return Plan({**read_config(DEFAULT_CONFIG_FILE), "ablation": None, "methods": ["identity", "dcp"], **keys})


def grey_only(plugin):
    return replace(plugin, meta={**plugin.meta, "color": ["grey"]})


class PlanWithGreyMethod(Plan):
    """A plan in which one method takes grey images only."""

    def get_method(self, name):
        found = super().get_method(name)
        return grey_only(found) if name == "dcp" else found


def ids(runs):
    return [run.id for run in runs]


def test_grey_data_and_grey_methods_go_together():
    made = PlanWithGreyMethod(plan().config)
    assert (made.color, made.structure) == ("grey", "nerve")
    assert ids(made.runs) == ids(made.all_runs) == ["identity", "dcp"]


def test_a_method_that_takes_no_colour_has_no_jobs_and_says_why():
    made = PlanWithGreyMethod(plan(dataset="fundussim").config)
    assert (made.color, made.structure) == ("rgb", "vessel")
    assert ids(made.runs) == ["identity"]
    assert ids(made.all_runs) == ["identity", "dcp"]
    assert made.explain_inapplicable(made.all_runs[0]) is None
    assert made.explain_inapplicable(made.all_runs[1]) == "dcp takes images of mode grey, these are rgb"


def test_a_segmenter_that_takes_no_colour_is_rejected():
    made = plan(dataset="fundussim")
    made.segmenter = grey_only(made.segmenter)
    with pytest.raises(UserError, match="csnet takes images of mode grey") as caught:
        _ = made.runs
    assert "choose another segmenter" in str(caught.value)


@pytest.mark.parametrize("segmenter", ["csnet", "wnet"])
def test_both_segmenters_take_colour(segmenter):
    assert ids(plan(dataset="fundussim", segmenter=segmenter).runs) == ["identity", "dcp"]


def test_colour_images_may_change_a_preset_further():
    found, change = get_plugin("methods", "stillgan"), {"weights": {"cycle": 3.0}}
    given = replace(found, meta={**found.meta, "presets_rgb": {"demo": change}})
    on_grey, on_colour = adapt_presets(given, "grey"), adapt_presets(given, "rgb")
    usual = resolve_params(found, "demo")
    assert usual["weights"]["cycle"] == 10
    assert resolve_params(on_grey, "demo") == usual
    assert resolve_params(on_colour, "demo") == merge_dicts(usual, change)
    assert resolve_params(on_colour, "smoke") == resolve_params(found, "smoke")
    assert resolve_params(on_colour, "demo", None, {"weights": {"cycle": 4.0}})["weights"]["cycle"] == 4


@pytest.mark.parametrize(
    ("dataset", "crop", "structure", "start", "steps"),
    [("cornsim", 128, 5, 80, (920, 400)), ("fundussim", 96, 25, [188, 95, 56], (460, 300))],
)
def test_demo_on_colour_images(dataset, crop, structure, start, steps):
    made = plan(dataset=dataset, preset="demo", methods=["msgnet", "stillgan", "sspnet"])
    params = {run.id: made.train_settings(run).params for run in made.runs}
    assert made.segmenter_settings(0).params["batches"]["crop"] == crop
    assert params["stillgan"]["weights"]["structure"] == structure
    assert params["msgnet"]["start_grey"] == start
    assert (params["msgnet"]["steps"], params["sspnet"]["steps"]) == steps
