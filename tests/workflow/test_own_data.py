"""Data of one's own as people have them: small images, no labels, other files beside them."""

import shutil

import numpy as np
import pytest
from checkouts import Checkout

from sspbench.config.plan import Plan, read_config
from tests.conftest import make_data

SIDE = 80
REPORT = {"analyse": 1, "tables": 1, "figures": 1, "report": 1}


@pytest.fixture
def data(tmp_path):
    """Images of 80 pixels with labels of the test images alone."""
    made = make_data(tmp_path / "mine", {"trainA": 5, "trainB": 5, "testA": 2}, SIDE).folder
    (made / "manifest.json").unlink()
    shutil.move(made / "trainB_labels", tmp_path / "trainB_labels")
    return made


def test_small_images_without_training_labels_and_with_other_files_beside_them(data, tmp_path):
    checkout = Checkout(tmp_path / "checkout")
    checkout.results = checkout.folder / "results/folder-mine/smoke"
    asked = ("--config", "dataset=folder", f"data_root={data}", "methods=[identity, gamma]", "ablation=null")
    code, text = checkout.snakemake(*asked)
    assert code == 0, text[-8000:]
    assert "no trainB_labels, so no segmenter is trained: Table 2" in text.split("%")[0]
    assert "No answer: no segmenter could be trained" in text
    assert not (checkout.results / "segmenter").exists()
    quality, segmentation = checkout.table("table1_quality"), checkout.table("table2_segmentation")
    assert set(quality["row"]) == set(segmentation["row"]) == {"identity", "gamma"}
    assert segmentation["status"].str.startswith("not applicable: no HQ training image has a label").all()
    assert (quality.loc[quality["metric"] == "niqe", "n"] == 0).all()
    assert np.isfinite(quality.loc[quality["metric"] == "avg_gradient", "mean"]).all()
    scores = (checkout.results / "runs/gamma/seed-0/scores.csv").read_text()
    assert "too small for NIQE: 80 x 80 holds 0 blocks of 96 px" in scores

    (data / "notes").mkdir()
    shutil.copy(data / "testA/000.png", data / "notes/x.png")
    shutil.copy(data / "testA/000.png", data / "trainA/._000.png")
    (data / "trainB/.DS_Store").write_bytes(b"x")
    assert checkout.planned(*asked) == ({}, set())

    shutil.move(tmp_path / "trainB_labels", data / "trainB_labels")
    counts, _ = checkout.planned(*asked)
    control = {"train_low_segmenter": 1, "score_low": 2}
    expected = {"prepare": 1, "train_segmenter": 1, "enhance": 2, "segment": 2, "score": 2, **control, **REPORT}
    assert counts == expected
    code, text = checkout.snakemake(*asked, "--until", "tables")
    assert code == 0, text[-8000:]
    assert set(checkout.table("table2_segmentation")["status"]) == {"done"}


@pytest.mark.parametrize(
    ("place", "expected"), [("trainB_labels", True), ("in/trainB_labels", True), ("x_labels", False)]
)
@pytest.mark.parametrize("packed", [None, "zip", "gztar"])
def test_whether_a_segmenter_can_be_trained_is_known_before_anything_runs(tmp_path, place, expected, packed):
    root = tmp_path / "mine"
    make_data(root / place.replace("trainB_labels", ""), {"trainB": 1}, 32)
    if place == "x_labels":
        shutil.rmtree(root / place / "trainB_labels")
        (root / place / "notes_trainB_labels.png").write_bytes(b"x")
    given = root if packed is None else shutil.make_archive(str(tmp_path / "packed"), packed, root)
    config = read_config("config/smoke.yaml")
    plan = Plan({**config, "dataset": "folder", "data_root": str(given)})
    assert plan.is_segmented is expected
    weights = tmp_path / "weights.safetensors"
    assert Plan(
        {**config, "dataset": "folder", "data_root": str(given), "segmenter_weights": str(weights)}
    ).is_segmented
