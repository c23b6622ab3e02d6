"""What --config hands over as text within lists and mappings becomes numbers again."""

import pytest

from sspbench.config import coercion
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, read_config


@pytest.mark.parametrize(
    "text", ["true story", "1.2.3", "see", "a: b: c", "[", "sspnet+gan+te", "identity", "2026-01-01"]
)
def test_words_stay_words(text):
    assert coercion.parse_values([text]) == [text]


def test_true_and_false_are_truth_values():
    assert coercion.parse_values(["true", "False", True]) == [True, False, True]


def test_seeds_and_params_from_the_command_line_make_a_plan():
    given = {
        "seeds": ["0", "1"],
        "params": {"sspnet": {"weights": {"beta": "2.5"}}},
        "ablation": "null",
        "methods": ["sspnet"],
    }
    plan = Plan({**read_config(DEFAULT_CONFIG_FILE), **given})
    runs = [run for run in plan.runs if run.id == "sspnet"]
    assert [run.seed for run in runs] == [0, 1]
    assert plan.resolve_run_params(runs[0])["weights"]["beta"] == 2.5
    assert not any(run.variant for run in plan.runs)
