"""A method that cannot take the images of a data set has no jobs and says why; such a segmenter is rejected."""

from dataclasses import replace

import pytest

from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.errors import UserError


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
