"""The study of the statistics, from made-up scores whose spreads are known."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.statistics_study.comparison_table import (
    TABLE_BEGIN_MARKER,
    TABLE_END_MARKER,
    make_simulation_table,
    measure_spreads,
    replace_between_markers,
)
from benchmarks.statistics_study.comparisons import DIFFERENCE_TESTS, SIMULATED_LEVEL, draw_differences
from benchmarks.statistics_study.rank_table import make_rank_study_table
from report.analysis.statistics.crossed_effects import MIN_TRAININGS, EffectSpreads, estimate_crossed
from sspbench.errors import UserError
from sspbench.releases.score_files import LONG_COLUMNS


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
    for row, luck in (("identity", 0.0), ("dcp", 0.05)):
        for seed in range(12):
            shift = luck * generator.normal()
            lines = [
                ("d", "demo", row, "", seed, f"i{image}", "dice", shift + 0.01 * generator.normal(), "")
                for image in range(20)
            ]
            place = tmp_path / row / f"seed-{seed}"
            place.mkdir(parents=True)
            pd.DataFrame(lines, columns=columns).to_csv(place / "scores.csv", index=False)
    return tmp_path


def test_spreads_are_those_of_the_scores(folder):
    cases, images = measure_spreads(folder)
    assert images == 20 and set(cases) == {("dcp", "dice")}
    assert cases["dcp", "dice"].trainings == pytest.approx(0.05, rel=0.5)
    assert cases["dcp", "dice"].rest == pytest.approx(0.01 * np.sqrt(2), rel=0.1)


def test_images_as_replicates_fail_where_trainings_differ(folder):
    lines = [line.split(" | ") for line in make_simulation_table(folder, 60).splitlines() if line.startswith("| dice")]
    found = {(line[1], line[2]): line[3:] for line in lines}
    assert found["1", "crossed"][0] == "no p"
    assert float(found["5", "images"][0].split()[0]) > 40
    assert float(found["5", "crossed"][0].split()[0]) < 12


def test_ranks_hold_with_the_spreads_of_the_scores(folder):
    assert make_rank_study_table(folder, 20).startswith("Ranks are not simulated")
    for source in (folder / "dcp").glob("*/scores.csv"):
        place = folder / "zerodce" / source.parent.name
        place.mkdir(parents=True)
        (place / "scores.csv").write_text(source.read_text().replace(",dcp,", ",zerodce,"))
    lines = [line.split(" | ") for line in make_rank_study_table(folder, 40).splitlines() if line.startswith("| ")][2:]
    assert [line[:2] for line in lines] == [
        ["| all equal", "5"], ["| all equal", "10"], ["| equal in pairs", "5"], ["| equal in pairs", "10"],
    ]  # fmt: skip
    assert all(float(line[2].split()[0]) >= 90 and float(line[4].split()[0]) <= 15 for line in lines)


def test_the_table_replaces_what_stands_between_the_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"a\n{TABLE_BEGIN_MARKER}\nold\n{TABLE_END_MARKER}\nb\n")
    assert replace_between_markers(page, "new") == f"a\n{TABLE_BEGIN_MARKER}\nnew\n{TABLE_END_MARKER}\nb\n"
    page.write_text("nothing")
    with pytest.raises(UserError, match="markers"):
        replace_between_markers(page, "new")


def test_one_seed_is_refused(tmp_path):
    place = tmp_path / "identity" / "seed-0"
    place.mkdir(parents=True)
    (place / "scores.csv").write_text(f"{','.join(LONG_COLUMNS)}\nd,demo,identity,,0,i,dice,0.5,\n")
    with pytest.raises(UserError, match="two seeds"):
        make_simulation_table(tmp_path, 10)


@pytest.mark.parametrize("trainings", [1, 3, 5, 10])
@pytest.mark.parametrize("spread", [(0.3, 0.1, 0.2), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)])
def test_what_is_simulated_is_the_test_of_the_tables(trainings, spread):
    differences = draw_differences(EffectSpreads(*spread), 200, trainings, 12, np.random.default_rng(1))
    different, holds = DIFFERENCE_TESTS["crossed"](differences)
    found = [estimate_crossed(each) for each in differences]
    assert holds.tolist() == [each.low <= 0 <= each.high for each in found]
    if trainings >= MIN_TRAININGS:
        assert different.tolist() == [each.p < SIMULATED_LEVEL for each in found]
    else:
        assert different is None and all(np.isnan(each.p) for each in found)
