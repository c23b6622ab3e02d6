"""Made-up scores with known levels of Dice, and what they mean, computed apart from the report."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import numpy as np
import pandas as pd
from scipy import stats

from report.analysis.primary_analysis import read_primary
from report.analysis.results import Results
from report.tables.write_all import write_tables
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.files import write_text
from sspbench.jobs.outcome import write_status

ROWS = ["identity", "brightness", "gamma", "dcp", "sspnet", "msgnet", "oracle"]
LEVELS = dict(zip(ROWS, [0.80, 0.82, 0.78, 0.60, 0.90, 0.82, 0.95], strict=True))
"""Mean Dice of the made-up rows."""


def made(
    folder,
    rows=ROWS,
    seeds=(0,),
    images=10,
    failed=(),
    labels=True,
    dataset="cornsim",
    truth=True,
    levels=None,
    **config,
):
    """Results whose Dice differs by row, training and image; ``failed`` runs diverged."""
    config |= {"dataset": dataset, "preset": "demo", "methods": list(rows), "ablation": None, "seeds": list(seeds)}
    plan = Plan(merge_dicts(read_config(Path(DEFAULT_CONFIG_FILE)), config), folder / "results")
    generator = np.random.default_rng(11)
    base = generator.normal(0, 0.03, images)
    for run in plan.runs:
        place = plan.layout.run_folder(run.id, run.seed)
        if run.id in failed:
            place.mkdir(parents=True)
            write_status(place, "train", "diverged", "The loss became NaN")
            continue
        luck = generator.normal(0, 0.004)
        values = {"niqe": generator.normal(5, 1, images)}
        if labels:
            values["dice"] = {**LEVELS, **(levels or {})}[run.id] + base + luck + generator.normal(0, 0.01, images)
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
    write_tables(results, folder / "tables")
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
