"""What a run depends on, fact by fact, and which rows a change concerns."""

from report.compare.changes import ResultChange, collect_run_facts, find_changes
from report.compare.recorded_results import RecordedResults

LETTERS = "abcdefghijklmnop"


def record(first, second):
    """Return two results of these jobs by row, of seed 0."""
    sides = [RecordedResults(name, {}, {}) for name in "ab"]
    for side, jobs in zip(sides, (first, second), strict=True):
        side.__dict__["jobs"] = {(row, 0): stages for row, stages in jobs.items()}
    return sides


def with_rate(rate):
    return {"train": {"settings": {"params": {"lr": rate}}}}


def test_facts_of_one_job():
    job = {
        "settings": {"params": {"rate": 0.5, "mode": "fast", "none": {}, "deep": {"size": [2, 3], "seed": 9}}},
        "versions": {"torch": "2.13.0"},
        "machine": {"cores": 2},
        "commit": LETTERS,
        "data": LETTERS[::-1],
        "fingerprint": {"code": LETTERS[2:]},
    }
    facts = {
        "params.rate": "0.5",
        "params.mode": "fast",
        "params.none": "{}",
        "params.deep.size": "[2, 3]",
        "version of torch": "2.13.0",
        "machine: cores": "2",
        "commit": "abcdefghijkl",
        "data": "ponmlkjihgfe",
        "code": "cdefghijklmn",
    }
    assert collect_run_facts({"train": job}, {"train"}) == facts
    without = {name: value for name, value in facts.items() if not name.startswith("params.")}
    assert collect_run_facts({"train": job}, set()) == without
    dirty = collect_run_facts({"train": job | {"dirty": True}}, {"train"})
    assert dirty == facts | {"commit": "abcdefghijkl with local changes"}
    assert collect_run_facts({"train": job | {"dirty": False}}, {"train"}) == facts


def test_settings_of_a_segmenter_and_those_without_params_name_their_stage():
    jobs = {"segment": {"settings": {"params": {"base": 8}}}, "score": {"settings": {"rim": 3, "threads": 2}}}
    assert collect_run_facts(jobs, {"segment", "score"}) == {"segment: params.base": "8", "score: rim": "3"}


def test_stages_that_ran_at_other_commits_or_versions_are_all_named():
    train = {"commit": "a" * 40, "versions": {"numpy": "2.4"}}
    again = {"dcp": {"train": train, "score": {"commit": "b" * 40, "versions": {"numpy": "2.5"}}}}
    assert collect_run_facts(again["dcp"], set()) == {
        "commit": f"{'b' * 12}, {'a' * 12}", "version of numpy": "2.5, 2.4",
    }  # fmt: skip
    changes = find_changes(*record({"dcp": {"train": train, "score": train}}, again))
    assert [change.what for change in changes] == ["commit", "version of numpy"]


def test_a_change_names_its_rows_in_order_whatever_the_order_of_the_runs():
    rows = ["stillgan", "dcp", "sspnet", "identity", "gamma", "clahe"]
    one, other = ({row: with_rate(rate) for row in rows} for rate in (1.0, 2.0))
    assert find_changes(*record(one, other)) == [ResultChange("params.lr", tuple(sorted(rows)), "1.0", "2.0")]


def test_settings_count_only_if_both_sides_record_them():
    bare = {"dcp": {"train": {"settings": {}}}}
    full = {"dcp": with_rate(1.0)}
    assert find_changes(*record(bare, full)) == find_changes(*record(full, bare)) == []
    more = {"dcp": {"train": {"settings": {"params": {"lr": 1.0, "decay": 0.1}}}}}
    assert find_changes(*record(full, more)) == [ResultChange("params.decay", ("dcp",), "–", "0.1")]
