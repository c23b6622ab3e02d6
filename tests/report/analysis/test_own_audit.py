"""The audit of our own scores: the same rules, from means and sds of ``scores.csv``."""

import numpy as np
import pandas as pd

from metrics.masks import Masks
from report.analysis.audits import audit_own_scores
from sspbench import ScoringBatch

IMAGES = 60
SIDE = 48


def score_masks(seed):
    """Return every measure of our family for made-up labels and their imperfect masks, {name: (IMAGES,)}."""
    generator = np.random.default_rng(seed)
    label = generator.random((IMAGES, SIDE, SIDE)) < generator.uniform(0.03, 0.08, (IMAGES, 1, 1))
    level = np.where(label, generator.normal(170, 45, label.shape), generator.normal(60, 35, label.shape))
    probability = level.clip(0, 255).astype(np.uint8)
    image = np.zeros(label.shape, np.uint8)
    found = Masks().score(ScoringBatch(image, mask=probability > 127, probability=probability, label=label))
    return {name: scores.values for name, scores in found.items()}


def make_scores(values):
    lines = [
        ("cornsim", "demo", "sspnet", "", 0, f"{i:03d}.png", metric, each[i], "")
        for metric, each in values.items()
        for i in range(IMAGES)
    ]
    columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
    return pd.DataFrame(lines, columns=columns)


def test_our_own_consistent_scores_pass():
    cells = audit_own_scores(make_scores(score_masks(5)))
    assert {"auc", "accuracy", "sensitivity", "fdr", "dice", "gmean", "kappa"} <= set(cells["quantity"])
    assert set(cells["verdict"]) <= {"ok", "suspicious"}
    assert set(cells["table"]) == {"cornsim/demo"}


def test_our_own_wrong_auc_is_found():
    values = score_masks(5)
    values["auc"] = np.full(IMAGES, 0.5)
    cells = audit_own_scores(make_scores(values)).set_index("quantity")
    assert cells.loc["auc", "verdict"] == "impossible"


def test_cells_over_different_images_are_not_compared():
    values = score_masks(5)
    values["auc"] = np.full(IMAGES, 0.5)
    values["auc"][3] = np.nan
    cells = audit_own_scores(make_scores(values)).set_index("quantity")
    assert cells.loc["auc", "n"] == IMAGES - 1
    assert cells.loc["auc", "verdict"] != "impossible"


def test_scores_without_a_known_metric_give_an_empty_audit():
    scores = make_scores(score_masks(5))
    assert audit_own_scores(scores.assign(metric="tortuosity")).empty
