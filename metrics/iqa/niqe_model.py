"""The multivariate Gaussian that NIQE compares an image with."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from sspbench import UserError, write_bytes

from .niqe_features import NIQE_FEATURE_COUNT

OFFICIAL_MODEL_FILE = Path(__file__).parent / "niqe_pristine_params.npz"


@dataclass(frozen=True)
class NiqeModel:
    """A Gaussian over the 36 block features.

    Attributes:
        mean: (36,) float64.
        covariance: (36, 36) float64.
    """

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def from_features(cls, features: np.ndarray) -> NiqeModel:
        """Fit (B, 36) block features; blocks with NaN count for the mean where they have a value, as in MATLAB.

        Raises:
            ValueError: fewer than two complete blocks.
        """
        complete = features[~np.isnan(features).any(axis=1)]
        if len(complete) < 2:
            raise ValueError("a Gaussian needs at least two blocks with structure")
        return cls(np.nanmean(features, axis=0), np.cov(complete, rowvar=False))

    @classmethod
    def load(cls, path: Path) -> NiqeModel:
        """Read a model: an ``.npz`` file with ``mu`` (36 values) and ``cov`` (36, 36).

        Raises:
            UserError: the file is missing or holds something else.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                mean = np.asarray(arrays["mu"], np.float64).reshape(NIQE_FEATURE_COUNT)
                covariance = np.asarray(arrays["cov"], np.float64).reshape(NIQE_FEATURE_COUNT, NIQE_FEATURE_COUNT)
        except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(
                "A NIQE model cannot be read",
                where=str(path),
                why=str(error),
                hint="give an .npz file with mu (36 values) and cov (36 x 36)",
            ) from error
        return cls(mean, covariance)

    def save(self, path: Path) -> None:
        """Write the model as ``.npz``, atomically."""
        content = io.BytesIO()
        np.savez(content, mu=self.mean, cov=self.covariance)
        write_bytes(path, content.getvalue())

    def distance_to(self, other: NiqeModel) -> float:
        """Compute the NIQE distance between two Gaussians (equation 10 of the paper)."""
        difference = self.mean - other.mean
        inverse = np.linalg.pinv((self.covariance + other.covariance) / 2, hermitian=True)
        return float(np.sqrt(max(0.0, difference @ inverse @ difference)))


@cache
def load_official_model() -> NiqeModel:
    """Return the model of the NIQE release (125 pristine natural images)."""
    return NiqeModel.load(OFFICIAL_MODEL_FILE)
