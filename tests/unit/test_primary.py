"""The primary analysis against an independent computation from ``scores.csv``, and its sentences in any run."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from report.contents import build
from report.primary import from_json, read_primary, to_json
from report.results import Results
from sspbench.files import write_text
from sspbench.jobs.outcome import write_status
from sspbench.plan.config import DEFAULT, Plan, merged, read_config

ROWS = ["identity", "brightness", "gamma", "dcp", "sspnet", "msgnet", "oracle"]
LEVELS = dict(zip(ROWS, [0.80, 0.82, 0.78, 0.60, 0.90, 0.82, 0.95], strict=True))
"""Mean Dice of the made-up rows."""


def made(folder, rows=ROWS, seeds=(0,), images=10, failed=(), labels=True, dataset="cornsim", truth=True):
    """Results whose Dice differs by row, training and image; ``failed`` runs diverged."""
    config = {"dataset": dataset, "preset": "demo", "methods": list(rows), "ablation": None, "seeds": list(seeds)}
    plan = Plan(merged(read_config(Path(DEFAULT)), config), folder / "results")
    generator = np.random.default_rng(11)
    base = generator.normal(0, 0.03, images)
    for run in plan.runs:
        place = plan.layout.run(run.id, run.seed)
        if run.id in failed:
            place.mkdir(parents=True)
            write_status(place, "train", "diverged", "The loss became NaN")
            continue
        luck = generator.normal(0, 0.004)
        values = {"niqe": generator.normal(5, 1, images)}
        if labels:
            values["dice"] = LEVELS[run.id] + base + luck + generator.normal(0, 0.01, images)
            values |= {"hallucinated": generator.random(images) * 5, "lost": generator.random(images) * 9}
        lines = [
            ("cornsim", "demo", run.id, "", run.seed, f"i{number}", metric, value, "")
            for metric, array in values.items()
            for number, value in enumerate(array)
        ]
        columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
        write_text(place / "scores.csv", pd.DataFrame(lines, columns=columns).to_csv(index=False))
    return Results(plan, partial=True)


def built(results, folder):
    build(results, folder / "tables")
    return read_primary(folder / "tables" / "primary.json")


def read_scores(results):
    """{(row, metric): {seed: {image: value}}}, by the csv module alone."""
    found = defaultdict(lambda: defaultdict(dict))
    for path in results.plan.layout.root.glob("runs/*/*/scores.csv"):
        with path.open() as lines:
            for line in csv.DictReader(lines):
                found[line["method"], line["metric"]][line["seed"]][line["image"]] = float(line["value"])
    return found


def mean_of(scores, row, metric="dice"):
    return fmean(value for images in scores[row, metric].values() for value in images.values())


def difference(scores, row, reference):
    """(seeds, images) differences."""
    ours, theirs = scores[row, "dice"], scores[reference, "dice"]
    return np.array([[ours[s][i] - theirs[s][i] for i in sorted(ours[s])] for s in sorted(ours)])


def interval(values):
    """The 95 % interval of one training: Student's t over images."""
    images = values[0]
    half = stats.t.ppf(0.975, len(images) - 1) * images.std(ddof=1) / np.sqrt(len(images))
    return images.mean() - half, images.mean() + half


def p_value(values):
    """Cochran and Cox's test by its textbook formula: mean squares, and two t quantiles weighted by them."""
    r, n = values.shape
    by_training = n * values.mean(axis=1).var(ddof=1)
    by_image = r * values.mean(axis=0).var(ddof=1)
    additive = values.mean(axis=1)[:, None] + values.mean(axis=0)[None] - values.mean()
    rest = ((values - additive) ** 2).sum() / ((r - 1) * (n - 1))
    error = np.sqrt(max(by_training + by_image - rest, by_training, by_image) / (r * n))

    def half(p):
        both = by_training * stats.t.ppf(1 - p / 2, r - 1) + by_image * stats.t.ppf(1 - p / 2, n - 1)
        return error * both / (by_training + by_image)

    low, high = 1e-12, 1.0
    for _ in range(200):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if half(middle) > abs(values.mean()) else (low, middle)
    return high


def test_every_number_is_that_of_an_independent_computation(tmp_path):
    results = made(tmp_path)
    found, scores = built(results, tmp_path), read_scores(results)
    trivial = max(("brightness", "gamma"), key=lambda row: mean_of(scores, row))
    assert (found.reference, found.rival, found.ceiling) == ("identity", trivial, "oracle")
    assert (found.trainings, found.images, found.clusters, found.tested) == (1, 10, 10, False)
    gap = mean_of(scores, "oracle") - mean_of(scores, "identity")
    for row in found.rows:
        assert row.mean == pytest.approx(mean_of(scores, row.key))
        assert row.lost == pytest.approx(mean_of(scores, row.key, "lost"))
        invented = mean_of(scores, row.key, "hallucinated")
        assert row.excess == pytest.approx(invented - mean_of(scores, "oracle", "hallucinated"))
        if row.key != "identity":
            values = difference(scores, row.key, "identity")
            assert row.gain.mean == pytest.approx(values.mean())
            assert (row.gain.low, row.gain.high) == pytest.approx(interval(values))
            assert row.closed == pytest.approx(values.mean() / gap)
            assert np.isnan(row.gain.p) and row.gain.verdict == ""
        if row.key in ("dcp", "sspnet", "msgnet"):
            assert row.rival.mean == pytest.approx(difference(scores, row.key, trivial).mean())
    assert found.row("identity").gain is None and found.row("identity").rival is None
    assert found.row(trivial).rival is None and found.row("oracle").rival is None


def test_five_trainings_give_p_values_verdicts_and_wins(tmp_path):
    results = made(tmp_path, seeds=range(5))
    found, scores = built(results, tmp_path), read_scores(results)
    assert found.tested and found.trainings == 5
    tested = [row for row in found.rows if row.gain is not None and row.group != "oracle"]
    alone = {row.key: p_value(difference(scores, row.key, "identity")) for row in tested}
    corrected = dict(zip(alone, multipletests(list(alone.values()), method="holm")[1], strict=True))
    for row in tested:
        assert row.gain.p == pytest.approx(corrected[row.key], rel=1e-5, abs=1e-11)
        assert (row.gain.p < 0.05) == (row.gain.verdict != "no difference shown")
        sign = np.sign(difference(scores, row.key, "identity").mean())
        assert row.gain.verdict in ("no difference shown", "better" if sign > 0 else "worse")
    assert {row.key: row.gain.verdict for row in tested}["sspnet"] == "better"
    assert {row.key: row.gain.verdict for row in tested}["dcp"] == "worse"
    assert found.headline.startswith("The best trivial method is Brightness")
    assert "SSP-Net beats it" in found.headline
    assert "MSG-Net does not beat it (no difference shown)" in found.headline
    assert "DCP is worse" in found.headline
    wins = sum(row.gain.verdict == "better" for row in tested if row.contender)
    assert f"{wins} of 3" in found.subline


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_few_trainings_speak_of_these_weights_and_tell_the_command(tmp_path, seeds):
    found = built(made(tmp_path, seeds=seeds), tmp_path)
    assert found.headline.startswith("For these")
    assert "only" in found.headline
    assert not any(word in found.headline for word in ("beats", "worse", "better"))
    assert "seeds=[0,1,2,3,4]" in found.caveats[0]
    assert all(not gain.verdict and np.isnan(gain.p) for row in found.rows for gain in (row.gain, row.rival) if gain)


def test_a_failed_method_is_named_and_not_compared(tmp_path):
    found = built(made(tmp_path, failed=("msgnet",)), tmp_path)
    assert found.row("msgnet").status.startswith("diverged")
    assert found.row("msgnet").gain is None
    assert "MSG-Net failed (diverged)" in found.subline
    assert "MSG-Net" not in found.headline


@pytest.mark.parametrize("rows", [["identity", "dcp"], ["identity", "sspnet"]])
def test_without_a_trivial_row_gains_are_over_the_untouched_image(tmp_path, rows):
    found = built(made(tmp_path, rows), tmp_path)
    assert found.rival == "" and found.ceiling == ""
    assert "over the untouched image" in found.headline and "no trivial method was run" in found.headline
    assert all(np.isnan(row.closed) and np.isnan(row.excess) and row.rival is None for row in found.rows)


def test_the_untouched_image_alone_has_no_answer(tmp_path):
    found = built(made(tmp_path, ["identity", "oracle"]), tmp_path)
    assert not found.exists
    assert "no method" in found.headline


def test_without_labels_the_answer_says_so_and_there_is_no_table(tmp_path):
    found = built(made(tmp_path, labels=False), tmp_path)
    assert not found.exists and found.rows == ()
    assert "no labels" in found.headline
    assert "Shown instead" in found.subline
    assert "gains" not in json.loads((tmp_path / "tables" / "index.json").read_text())


def test_one_image_has_a_gain_without_interval(tmp_path):
    found = built(made(tmp_path, images=1), tmp_path)
    gain = found.row("sspnet").gain
    assert np.isfinite(gain.mean) and np.isnan(gain.low)
    assert "one image" in gain.note
    assert "1 test image," in " ".join(found.caveats)


def test_the_record_survives_its_file(tmp_path):
    found = built(made(tmp_path, images=1), tmp_path)
    assert to_json(from_json(to_json(found))) == to_json(found)


def test_the_truth_takes_no_bold_and_enters_no_test(tmp_path):
    results = made(tmp_path, seeds=range(5))
    build(results, tmp_path / "tables")
    table = json.loads((tmp_path / "tables" / "table2_segmentation.json").read_text())
    cells = {row["key"]: row["cells"][0] for row in table["rows"]}
    assert "oracle" in cells and not cells["oracle"].get("best")
    assert cells["sspnet"]["best"]
    tests = pd.read_csv(tmp_path / "tables" / "tests.csv")
    assert "oracle" not in set(tests["row"]) | set(tests["reference"])
    assert set(tests["reference"]) == {"identity", "brightness"}
