"""Values of a plugin's parameters just inside and just outside their bounds."""

from __future__ import annotations

import pytest

from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config
from sspbench.errors import UserError

BOUNDS = [
    ("sspnet", "lr", [1e-12, 0.5], [0, -1e-12]),  # above 0
    ("dcp", "t0", [1e-12, 1], [0, 1.0001]),  # above 0, at most 1
    ("dcp", "omega", [0, 1], [-1e-12, 1.0001]),  # from 0 to 1
    ("cyclegan", "betas", [[0, 1]], [[0.5], [0.5, 0.9, 0.9], [-1e-12, 0.9], [0.5, 1.0001]]),
]
INSIDE = [(name, path, value) for name, path, inside, _ in BOUNDS for value in inside]
OUTSIDE = [(name, path, value) for name, path, _, outside in BOUNDS for value in outside]


def plan_with(name, path, value):
    return Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"preset": "smoke", "params": {name: {path: value}}}))


@pytest.mark.parametrize(("name", "path", "value"), INSIDE)
def test_values_within_the_bounds_reach_the_settings(name, path, value):
    plan = plan_with(name, path, value)
    assert plan.train_settings(plan.get_run(name, 0)).plugin_params[path] == value


@pytest.mark.parametrize(("name", "path", "value"), OUTSIDE)
def test_values_beyond_the_bounds_are_refused(name, path, value):
    with pytest.raises(UserError, match=path):
        plan_with(name, path, value)
