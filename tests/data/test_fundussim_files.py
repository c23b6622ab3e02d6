"""The files of simulated photographs hold what the simulator draws from [data seed, split, number]."""

import numpy as np
import pytest
from PIL import Image

from data.fundussim.prepare import prepare, write_dataset
from data.fundussim.scene import simulate
from sspbench import COMBINATIONS, degrade, draw_degradation
from sspbench.contract import PrepareRequest

SEED, SIZE = 5, 64


def request(output, progress=lambda done, total: None, **options):
    counts = {"train_low": 2, "train_high": 1, "test": 2, "size": SIZE}
    return PrepareRequest(options=counts | options, source=None, output=output, seed=SEED, progress=progress)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fundussim")
    prepare(request(folder))
    return folder


@pytest.mark.parametrize(
    ("split", "key", "index", "name"),
    [("trainA", 0, 1, "lq_001"), ("trainB", 1, 0, "hq_000"), ("testA", 2, 1, "test_001")],
)
def test_each_photograph_comes_from_its_own_seed(prepared, split, key, index, name):
    scene = simulate(np.random.default_rng([SEED, key, index, 0]), SIZE)
    drawn = draw_degradation(np.random.default_rng([SEED, key, index, 1]), SIZE, SIZE, COMBINATIONS[index])
    poor = degrade(scene.photograph, scene.field_of_view > 0, drawn)
    expected = {
        "": scene.photograph if split == "trainB" else poor,
        "_labels": scene.label,
        "_fov": scene.field_of_view,
    }
    if split == "testA":
        expected |= {"_clean": scene.clean, "_hq": scene.photograph}
    for suffix, pixels in expected.items():
        with Image.open(prepared / f"{split}{suffix}" / f"{name}.png") as image:
            assert np.array_equal(np.asarray(image), pixels)


def test_an_interruption_ends_the_work(tmp_path):
    """One photograph is done, one may be under way."""

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_dataset(request(tmp_path, progress=interrupt, train_low=12), workers=1)
    assert len(list(tmp_path.rglob("lq_*.png"))) <= 3 * 3
