"""What a run can tell, from scores with known levels; and subjects by a rule on names."""

from __future__ import annotations

import math
from itertools import combinations

import pytest

from report.analysis.image_facts import match_subjects
from report.analysis.json_records import read_record, write_record
from report.analysis.power import DataPower, analyse_power
from report.analysis.results import Results
from report.tables.power import make_power_table
from sspbench.errors import UserError
from sspbench.files import write_json
from tests.scored_rows import difference, made, read_scores


def test_pairs_are_those_of_the_ranked_rows_and_parted_as_their_levels_say(tmp_path):
    results = made(tmp_path, seeds=range(5), levels={"msgnet": 0.8201})
    found = analyse_power(results)
    assert found.study is not None and (found.study.trainings, found.study.images) == (5, 10)
    pairs = {frozenset((pair.row, pair.other)): pair for pair in found.study.pairs}
    ranked = ("identity", "brightness", "dcp", "sspnet", "msgnet")
    assert set(pairs) == {frozenset(pair) for pair in combinations(ranked, 2)}
    close = pairs[frozenset(("msgnet", "brightness"))]
    assert not close.parted and pairs[frozenset(("sspnet", "dcp"))].parted
    scores = read_scores(results)
    assert close.difference == pytest.approx(difference(scores, close.row, close.other).mean())
    assert found.sentences[0].startswith(f"This run parts {found.study.parted_count} of 10 pairs")
    assert "5 trainings per method and 10 images" in found.sentences[0]
    (table,) = make_power_table(results)
    cells = {row.key: row.cells for row in table.rows}
    assert [cell.text for cell in cells["sspnet - dcp"][2:]] == ["yes", "enough", "enough"]
    assert cells[f"{close.row} - {close.other}"][2].text == "no"


def test_one_training_says_what_is_missing(tmp_path):
    results = made(tmp_path)
    found = analyse_power(results)
    assert found.study is None and "needs labels and 5 trainings" in found.sentences[0]
    assert list(make_power_table(results)) == []


def test_the_record_survives_its_file_and_infinity_becomes_no_number(tmp_path):
    found = analyse_power(made(tmp_path, seeds=range(5), levels={"msgnet": 0.8201}))
    write_record(found, tmp_path / "analysis")
    again = read_record(DataPower, tmp_path / "analysis")
    assert again.sentences == found.sentences
    for one, other in zip(found.study.pairs, again.study.pairs, strict=True):
        assert (one.row, one.other, one.parted, one.difference) == (
            other.row,
            other.other,
            other.parted,
            other.difference,
        )
        assert math.isnan(other.images_needed) == math.isinf(one.images_needed)


def test_images_of_one_subject_are_one_cluster_by_the_rule_of_the_config(tmp_path):
    results = made(tmp_path, seeds=range(5), images=12, subject="^i1?([0-9])")
    assert {name: results.clusters[name] for name in ("i0", "i10", "i1", "i11", "i9")} == {
        "i0": "0", "i10": "0", "i1": "1", "i11": "1", "i9": "9",
    }  # fmt: skip
    found = analyse_power(results)
    assert found.study is not None and found.study.images == 10
    assert "10 subjects" in found.sentences[0]


def test_subjects_that_scoring_recorded_go_before_the_rule_on_names(tmp_path):
    scored = made(tmp_path, seeds=range(2), images=4, subject="^(i)")
    subjects = {"i0": "Ada", "i1": "Ada", "i2": "Ben", "i3": "Cem"}
    write_json(scored.run_folder(scored.plan.runs[0]) / "run.json", {"score": {"subjects": subjects}})
    assert Results(scored.plan).clusters == subjects


@pytest.mark.parametrize(("pattern", "subject"), [("^[^_]+", "P1"), ("_(.*)_", "left"), ("(?P<who>P.)", "P1")])
def test_the_subject_is_the_first_group_or_all_that_matches(pattern, subject):
    assert match_subjects(["P1_left_3"], pattern) == {"P1_left_3": subject}


@pytest.mark.parametrize("pattern", ["^Q", "^(Q)?"])
def test_a_name_without_a_subject_is_refused(pattern):
    with pytest.raises(UserError, match="1 test images have no subject"):
        match_subjects(["P1_a"], pattern)


def test_a_rule_that_is_no_expression_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(UserError, match="not a regular expression"):
        made(tmp_path, subject="(")
