"""The audit of our own scores: the same rules, from means and sds of ``scores.csv``."""

import numpy as np
import pandas as pd

from report.analysis.own_audit import audit_own_scores

IMAGES = 60


def masks(sen, spe, prevalence):
    """All mask measures of images with the given SEN, SPE and prevalence (any shape)."""
    hit, false = prevalence * sen, (1 - prevalence) * (1 - spe)
    accuracy = hit + (1 - prevalence) * spe
    precision, predicted = hit / (hit + false), hit + false
    dice = 2 * hit / (prevalence + predicted)
    chance = prevalence * predicted + (1 - prevalence) * (1 - predicted)
    return {
        "accuracy": accuracy, "sensitivity": sen, "specificity": spe, "precision": precision, "fdr": 1 - precision,
        "dice": dice, "f1": dice, "iou": dice / (2 - dice), "gmean": np.sqrt(sen * spe),
        "kappa": (accuracy - chance) / (1 - chance), "balanced_accuracy": (sen + spe) / 2,
    }  # fmt: skip


def typical(rng):
    """One table like a good segmentation: eight printed metrics, moderate spreads."""
    sen = rng.beta(30, 7, (1, IMAGES))
    spe = rng.beta(300, 6, (1, IMAGES))
    values = masks(sen, spe, rng.uniform(0.03, 0.08, (1, IMAGES)))
    values["auc"] = (1 + sen * spe + sen + spe) / 4
    keep = ("auc", "accuracy", "sensitivity", "specificity", "fdr", "dice", "gmean", "kappa")
    return {key: values[key] for key in keep}


def tidy(values, metric_names, method="sspnet"):
    lines = [
        ("cornsim", "demo", method, "", 0, f"{i:03d}.png", metric_names.get(key, key), each[0, i], "")
        for key, each in values.items()
        for i in range(IMAGES)
    ]
    columns = ["dataset", "preset", "method", "variant", "seed", "image", "metric", "value", "note"]
    return pd.DataFrame(lines, columns=columns)


def test_our_own_consistent_scores_pass():
    names = {"accuracy": "acc", "sensitivity": "sen", "specificity": "spe"}
    cells = audit_own_scores(tidy(typical(np.random.default_rng(5)), names))
    assert len(cells) == 8
    assert set(cells["verdict"]) <= {"ok", "suspicious"}
    assert set(cells["table"]) == {"cornsim/demo"}


def test_our_own_wrong_auc_is_found():
    values = typical(np.random.default_rng(5))
    values["auc"] = np.full((1, IMAGES), 0.5)
    cells = audit_own_scores(tidy(values, {})).set_index("quantity")
    assert cells.loc["auc", "verdict"] == "impossible"


def test_cells_over_different_images_are_not_compared():
    values = typical(np.random.default_rng(5))
    values["auc"] = np.full((1, IMAGES), 0.5)
    values["auc"][0, 3] = np.nan
    cells = audit_own_scores(tidy(values, {})).set_index("quantity")
    assert cells.loc["auc", "n"] == IMAGES - 1
    assert cells.loc["auc", "verdict"] != "impossible"


def test_scores_without_a_known_metric_give_an_empty_audit():
    scores = tidy(typical(np.random.default_rng(5)), {})
    assert audit_own_scores(scores.assign(metric="tortuosity")).empty
