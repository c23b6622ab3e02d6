"""The usual libraries, image by image, as the reference for speed and agreement.

Each function takes a :class:`ScoringBatch` and returns the values of one or more measures by name, (N,) float64.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from metrics.iqa.niqe_model import load_official_model
from sspbench.contract import ScoringBatch

StockMeasure = Callable[[ScoringBatch], dict[str, np.ndarray]]


def load_pyiqa_measures() -> dict[str, StockMeasure]:
    """Load entropy, NIQE and PIQE of pyiqa (the import takes about ten seconds); NIQE gets the released model."""
    import pyiqa
    import torch
    from scipy.io import savemat

    model = load_official_model()
    cpu = torch.device("cpu")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "niqe.mat"
        savemat(path, {"mu_prisparam": model.mean[None], "cov_prisparam": model.covariance})
        metrics = {"niqe": pyiqa.create_metric("niqe", device=cpu, pretrained_model_path=str(path))}
    metrics |= {name: pyiqa.create_metric(name, device=cpu) for name in ("entropy", "piqe")}
    return {name: _score_per_image(name, metric) for name, metric in metrics.items()}


def _score_per_image(name: str, metric: Any) -> StockMeasure:
    import torch

    def score(batch: ScoringBatch) -> dict[str, np.ndarray]:
        tensors = (torch.from_numpy(image / np.float32(255)).expand(1, 3, -1, -1) for image in batch.image)
        return {name: np.array([float(metric(tensor)) for tensor in tensors])}

    return score


def gradient_by_numpy(batch: ScoringBatch) -> dict[str, np.ndarray]:
    """Compute the central average gradient with ``numpy.gradient``; no library has either definition."""
    count = (batch.image.shape[1] - 1) * (batch.image.shape[2] - 1)
    values = [np.sqrt(sum(np.square(np.gradient(image.astype(np.float64)))) / 2).sum() for image in batch.image]
    return {"avg_gradient_central": np.array(values) / count}


def piqe_by_pypiqe(batch: ScoringBatch) -> dict[str, np.ndarray] | None:
    """Compute PIQE with pypiqe, or return None where it is not installed."""
    try:
        from pypiqe import piqe
    except ImportError:
        return None
    return {"piqe": np.array([piqe(image)[0] for image in batch.image])}


def auc_by_sklearn(batch: ScoringBatch) -> dict[str, np.ndarray]:
    """Compute the ROC area with scikit-learn, on the map scaled to 0..1 as published evaluators do."""
    from sklearn.metrics import roc_auc_score

    maps = batch.require("probability").astype(np.float32) / 255
    pairs = zip(batch.require("label"), maps, strict=True)
    return {"auc": np.array([roc_auc_score(label.ravel(), values.ravel()) for label, values in pairs])}


def masks_by_sklearn(batch: ScoringBatch) -> dict[str, np.ndarray]:
    """Compute the thresholded measures with scikit-learn, one call each."""
    from sklearn import metrics

    functions: dict[str, Callable[..., float]] = {
        "acc": metrics.accuracy_score,
        "sen": metrics.recall_score,
        "spe": lambda true, found: metrics.recall_score(true, found, pos_label=0),
        "fdr": lambda true, found: 1 - metrics.precision_score(true, found),
        "dice": metrics.f1_score,
        "kappa": metrics.cohen_kappa_score,
    }
    both = zip(batch.require("label"), batch.require("mask"), strict=True)
    pairs = [(label.ravel(), mask.ravel()) for label, mask in both]
    return {name: np.array([function(*pair) for pair in pairs]) for name, function in functions.items()}
