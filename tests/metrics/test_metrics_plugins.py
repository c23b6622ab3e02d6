"""Every family keeps the contract."""

import socket
import subprocess
import sys

import numpy as np
import pytest

from metrics.pyiqa_named import PyiqaNamed, block_network
from sspbench.checkout import ROOT
from sspbench.contract import ScoringBatch
from sspbench.errors import UserError
from sspbench.plugins.metric_families import load_metric_families, load_metric_family


@pytest.mark.parametrize("name", sorted(load_metric_families()))
def test_family_scores_what_it_declares(name):
    family = load_metric_families()[name]
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (3, 40, 56), dtype=np.uint8)
    label = rng.random(image.shape) < 0.1
    colour = rng.integers(0, 256, (*image.shape, 3), dtype=np.uint8)
    clean = 255 - image
    batch = ScoringBatch(image, image, label, image, ~label, clean, image_rgb=colour, clean_rgb=255 - colour)
    assert batch.has(family.needs)
    scores = family.score(batch)
    assert set(scores) == {measure.name for measure in family.measures}
    for values in scores.values():
        assert values.values.shape == (3,)
        assert values.values.dtype == np.float64
        assert len(values.notes) in (0, 3)


def test_measure_names_and_descriptions():
    measures = [measure for family in load_metric_families().values() for measure in family.measures]
    names = [measure.name for measure in measures]
    assert len(names) == len(set(names))
    assert all(measure.description for measure in measures)


def test_listing_the_measures_loads_no_heavy_library():
    code = (
        "import sys; from sspbench.plugins.metric_families import load_metric_families as f;"
        "f({'pyiqa_named': {'names': ['brisque']}});"
        "print([m for m in ('torch', 'pyiqa', 'skimage', 'sklearn', 'pandas') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_no_network_is_reached_unless_asked():
    before = socket.getaddrinfo
    with block_network(), pytest.raises(OSError, match="downloads are off"):
        socket.create_connection(("localhost", 9))
    assert socket.getaddrinfo is before


def test_pyiqa_measures_are_named_after_the_library():
    family = PyiqaNamed({"names": {"brisque": "lower", "musiq": "higher"}})
    assert [(measure.name, measure.better) for measure in family.measures] == [
        ("pyiqa:brisque", "lower"),
        ("pyiqa:musiq", "higher"),
    ]
    assert PyiqaNamed().measures == ()
    with pytest.raises(UserError, match=r"names: \{brisque: lower\}"):
        load_metric_family("pyiqa_named", {"names": {"brisque": "down"}})
