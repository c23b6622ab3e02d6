"""The order of a release on new images: pairs that it parts are kept, reversed or neither."""

import numpy as np
import pytest

from report.analysis.statistics.crossed_effects import CrossedEstimate
from report.compare.recorded_results import read_results_folder
from report.verify.fresh_seed import OrderedPair, compare_order, judge_order, make_fresh_config
from sspbench.errors import UserError
from tests.recorded_results import write_run

WAVE = np.sin(np.arange(16)) / 20


def write(root, means, seeds=range(5), noise=0.004):
    """Write rows whose Dice differ by their means, plus what seeds and images do."""
    for place, (row, mean) in enumerate(means.items()):
        for seed in seeds:
            random = np.random.default_rng([place, seed])
            dice = mean + WAVE + noise * random.normal() + noise * random.normal(size=16)
            write_run(root, row, seed, {"dice": dice})
    return read_results_folder(root)


PUBLISHED = {"identity": 0.60, "dcp": 0.70, "sspnet": 0.80, "cut": 0.801}


@pytest.fixture
def published(tmp_path):
    return write(tmp_path / "published", PUBLISHED)


def test_pairs_that_the_release_does_not_part_have_no_order(published, tmp_path):
    pairs = compare_order(published, write(tmp_path / "fresh", PUBLISHED, seeds=[0]))
    assert len(pairs) == 5  # of 6: sspnet and cut are alike
    assert {pair.better for pair in pairs if pair.worse == "dcp"} == {"sspnet", "cut"}
    assert {pair.verdict for pair in pairs} == {"kept"}
    assert judge_order(pairs) == ("The order holds: 5 of 5 pairs keep their order, 0 are reversed.", 0)


def test_a_row_that_falls_on_new_images_reverses_its_pairs(published, tmp_path):
    pairs = compare_order(published, write(tmp_path / "fresh", {**PUBLISHED, "sspnet": 0.5}, seeds=[0]))
    turned = [(pair.better, pair.worse) for pair in pairs if pair.verdict == "reversed"]
    assert turned == [("sspnet", "dcp"), ("sspnet", "identity")]
    assert judge_order(pairs) == ("The order does not hold: 3 of 5 pairs keep their order, 2 are reversed.", 1)


@pytest.mark.parametrize(
    ("interval", "verdict"),
    [((0.01, -0.01, 0.03), "kept"), ((-0.01, -0.03, 0.01), "not shown"), ((-0.02, -0.03, -0.01), "reversed")],
)
def test_a_sign_that_turns_within_its_interval_is_not_called_reversed(interval, verdict):
    clear, fresh = (CrossedEstimate(*one, np.nan, 1, 16, 16, "") for one in ((0.1, 0.09, 0.11), interval))
    assert OrderedPair("dcp", "identity", clear, fresh).verdict == verdict


def test_a_release_without_parted_pairs_is_no_evidence(tmp_path):
    alike = {"identity": 0.6, "dcp": 0.6001}
    pairs = compare_order(write(tmp_path / "a", alike), write(tmp_path / "b", alike, seeds=[0]))
    assert judge_order(pairs)[1] == 3


def test_every_call_draws_its_own_simulator_seed_and_keeps_the_rest():
    config = {"methods": ["identity", "dcp"], "ablation": "sspnet", "preset": "demo", "seeds": [0, 1, 2]}
    config |= {"data_seed": 2026, "external": {"theirs": "their images"}}
    record = {"release": "v1", "dataset": {"name": "cornsim"}, "config": config}
    drawn = [make_fresh_config(record, ["dcp"]) for _ in range(5)]
    assert len({one["data_seed"] for one in drawn}) == 5
    assert all(
        (one["preset"], one["seeds"], one["methods"], one["ablation"]) == ("demo", [0], ["dcp"], None) for one in drawn
    )
    assert drawn[0]["dataset_id"] == f"fresh-{drawn[0]['data_seed']}"
    assert make_fresh_config(record, None)["methods"] == ["identity", "dcp"]
    assert all(one["external"] == {} for one in drawn)  # their images are not those of the new seed


def test_real_images_have_no_simulator(tmp_path):
    with pytest.raises(UserError, match="no simulator seed"):
        make_fresh_config({"release": "v1", "dataset": {"name": "corn2"}, "config": {}}, None)
