"""What the networks were given at demonstration scale: the table, and the recorded search that chose the rates."""

import csv
import io
import math

import pandas as pd
import pytest
import yaml
from synthetic_results import make_results

from report.tables.fairness import FAIRNESS_COLUMNS, RATE_NAMES, RATE_SEARCH_FILE, make_fairness_table
from report.tables.render.csv import render_csv
from report.tables.render.markdown import render_markdown
from sspbench.config.overrides import resolve_params
from sspbench.files import write_json
from sspbench.plugins.discovery import find_plugins, get_plugin
from sspbench.plugins.row_groups import row_group
from tests.scored_rows import difference, interval, made, mean_of, read_scores
from tests.table_cells import find_cell

LEARNED = [
    name for name, found in find_plugins("methods").items() if found.is_trained and row_group(found.meta) == "paper"
]


def recorded(name):
    with RATE_SEARCH_FILE.open(newline="") as lines:
        return {line["row"]: line for line in csv.DictReader(lines) if line["method"] == name}


@pytest.mark.parametrize("name", LEARNED)
def test_the_rate_taken_is_the_best_of_as_many_for_every_method(name):
    tried = {rate: recorded(name)[rate] for rate in RATE_NAMES}
    best = max(tried.values(), key=lambda line: float(line["dice"]))
    assert resolve_params(get_plugin("methods", name), "demo")["lr"] == float(best["lr"])


@pytest.mark.parametrize("name", LEARNED)
def test_what_is_recorded_is_what_the_study_runs(name):
    rows = yaml.safe_load(RATE_SEARCH_FILE.with_suffix(".yaml").read_text())["rows"][name]
    assert set(recorded(name)) == set(rows)
    rates = [float(rows[rate]["lr"]) for rate in RATE_NAMES]
    assert rates == [float(recorded(name)[rate]["lr"]) for rate in RATE_NAMES]
    assert rates[1] == pytest.approx(2 * rates[0]) and rates[2] == pytest.approx(2 * rates[1])


def test_digits_and_directions_of_the_columns():
    whole, dice = ("none", 0, "number"), ("higher", 3, "number")
    names = ["start", "start_gain", "dice:lower", "dice:middle", "dice:upper", "dice:random-start"]
    assert {one.key: (one.better, one.decimals, one.form) for one in FAIRNESS_COLUMNS} == {
        **dict.fromkeys(["steps", "images", "cpu_seconds"], whole),
        **dict.fromkeys(names, dice),
        "lr": ("none", 4, "words"),
    }


def test_only_the_demonstration_has_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (table,) = make_fairness_table(make_results(tmp_path, failed="msgnet"))
    assert [row.key for row in table.rows] == ["enlightengan", "stillgan", "sspnet"]
    best = {
        row.key: [rate for rate in RATE_NAMES if find_cell(table, row.key, f"dice:{rate}").best] for row in table.rows
    }
    for key, rates in best.items():
        for rate in (*RATE_NAMES, "random-start"):
            known = float(recorded(key)[rate]["dice"]) if rate in recorded(key) else math.nan
            assert find_cell(table, key, f"dice:{rate}").mean == pytest.approx(known, nan_ok=True)
        values = {rate: float(recorded(key)[rate]["dice"]) for rate in RATE_NAMES}
        assert rates == [max(values, key=values.__getitem__)]
    assert not list(make_fairness_table(make_results(tmp_path / "smoke", preset="smoke")))


def test_the_start_is_what_the_untrained_row_scores(tmp_path):
    rows = ["identity", "sspnet", "msgnet", "stillgan", "sspnet+untrained", "stillgan+untrained"]
    levels = {"sspnet+untrained": 0.75, "stillgan": 0.8, "stillgan+untrained": 0.1}
    results = made(tmp_path, rows, levels=levels, failed=["stillgan+untrained"])
    (table,) = make_fairness_table(results)
    scores = read_scores(results)
    start, gain = (find_cell(table, "sspnet", key) for key in ("start", "start_gain"))
    assert (start.mean, start.n, start.seeds) == (pytest.approx(mean_of(scores, "sspnet+untrained")), 10, 1)
    change = difference(scores, "sspnet+untrained", "identity")
    assert (gain.mean, gain.n, gain.seeds) == (pytest.approx(change.mean()), 10, 1)
    assert (gain.low, gain.high) == pytest.approx(interval(change))
    assert {find_cell(table, "msgnet", key).text for key in ("start", "start_gain")} == {"not run"}
    assert find_cell(table, "stillgan", "start").status.startswith("diverged")
    assert "| not run | not run |" in render_markdown(table)
    lines = pd.read_csv(io.StringIO(render_csv(table))).set_index(["row", "metric"])
    assert lines.loc[("msgnet", "start"), "text"] == "not run"
    assert lines.loc[("sspnet", "start_gain"), ["low", "high"]].to_list() == pytest.approx(interval(change))


def test_steps_pairs_and_seconds_are_means_over_trainings(tmp_path):
    params = {"sspnet": {"batches": {"size": 3}}}
    results = made(tmp_path, ["identity", "sspnet"], seeds=(0, 1), params=params)
    for seed, trained in enumerate(({"steps": 40, "cpu_seconds": 10.0}, {"steps": 60, "cpu_seconds": 17.0})):
        write_json(results.run_folder(results.plan.get_run("sspnet", seed)) / "run.json", {"train": trained})
    (table,) = make_fairness_table(results)
    found = {key: find_cell(table, "sspnet", key) for key in ("steps", "images", "cpu_seconds", "lr")}
    assert (found["steps"].mean, found["images"].mean) == (50, 150)
    assert (found["cpu_seconds"].mean, found["cpu_seconds"].seeds) == (13.5, 2)
    assert found["lr"].text == f"{resolve_params(get_plugin('methods', 'sspnet'), 'demo')['lr']:g}"


def test_a_method_that_was_not_searched_has_no_rates_and_without_labels_no_start(tmp_path):
    (table,) = make_fairness_table(made(tmp_path, ["identity", "zerodce", "zerodce+untrained"], labels=False))
    rates = [find_cell(table, "zerodce", f"dice:{rate}") for rate in RATE_NAMES]
    assert all(math.isnan(cell.mean) and not cell.best for cell in rates)
    start, gain = (find_cell(table, "zerodce", key) for key in ("start", "start_gain"))
    assert start == gain and start.note and math.isnan(start.mean)
