"""A user's folder of images, and its import."""

from pathlib import Path

import numpy as np
from PIL import Image

from sspbench.images.manifest import Manifest
from sspbench.stages.prepare import prepare

SHAPE = (64, 80)


def noise(key: int, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """Return uint8 noise: another key, other noise."""
    return np.random.default_rng(key).integers(0, 256, shape, dtype=np.uint8)


def save(path: Path, pixels: np.ndarray, **options: object) -> Path:
    """Write a picture, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def write_folder(root: Path) -> Path:
    """Write the smallest folder that is accepted: one picture a split."""
    for key, split in enumerate(("trainA", "trainB", "testA")):
        save(root / split / "one.png", noise(key))
    return root


def imported(source: Path, target: Path, **options: object) -> Manifest:
    """Prepare a folder; return what the manifest says."""
    facts = {"dataset": "folder", "id": "folder-mine", "real": True, "field_um": 400, "seed": 0}
    return Manifest.read(prepare({**facts, "options": options, "data_root": str(source)}, target))
