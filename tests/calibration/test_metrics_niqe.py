"""NIQE against the figures of the official MATLAB release, on its own test images."""

from pathlib import Path

import numpy as np
import pytest

from metrics.iqa.niqe_model import OFFICIAL_MODEL_FILE
from metrics.niqe import niqe
from sspbench.images.pictures import read_grey

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "niqe-reference"

needs_reference = pytest.mark.skipif(
    not REFERENCE.is_dir(), reason="the four images of the NIQE release are not in ../shared/data/niqe-reference"
)


@needs_reference
@pytest.mark.parametrize(
    ("name", "matlab", "tolerance"),
    [("image1", 5.0290, 0.003), ("image2", 17.8659, 0.003), ("image3", 8.0362, 0.01), ("image4", 2.6571, 0.003)],
)
def test_official_figures(name, matlab, tolerance):
    assert niqe(read_grey(REFERENCE / f"{name}.png")[None])[0] == pytest.approx(matlab, rel=tolerance)


@needs_reference
def test_shipped_model_is_the_released_one():
    with np.load(OFFICIAL_MODEL_FILE) as shipped, np.load(REFERENCE / OFFICIAL_MODEL_FILE.name) as released:
        assert all((shipped[key] == released[key]).all() for key in ("mu", "cov"))
