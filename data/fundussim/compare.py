"""Compare simulated photographs with the statistics of DRIVE, and draw the contact sheet.

Run from the repository root::

    python -m data.fundussim.compare --picture data/fundussim/contact-sheet.jpg --weights wnet_drive.safetensors

With ``--weights``, the public weights of W-Net, the table says how well W-Net finds the vessels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.morphology import skeletonize

from sspbench import COMBINATIONS, degrade, draw_degradation

from .scene import Scene, simulate

# Side at which the field of view has the radius of DRIVE's, pixels.
DRIVE_SIZE = 572

# Mean over DRIVE's 40 photographs at their own size, 565 x 584, and sd over them where it was measured.
DRIVE: Mapping[str, tuple[float, float | None]] = {
    "red mean": (188, 25),
    "green mean": (95, 17),
    "blue mean": (56, 11),
    "vessel share": (0.126, 0.016),
    "centre-line (px)": (8704, None),
    "width, median (px)": (1.8, None),
    "width, 75 % (px)": (3.5, None),
    "width, 95 % (px)": (6.2, None),
    "green contrast, width up to 1.5": (-0.060, None),
    "green contrast, 1.5 to 3.5": (-0.156, None),
    "green contrast, 3.5 to 5.5": (-0.227, None),
    "green contrast, 5.5 to 7.5": (-0.282, None),
    "green contrast, wider": (-0.306, None),
    "red noise": (2.05, None),
    "green noise": (2.09, None),
    "blue noise": (2.13, None),
}

WIDTHS = (0.0, 1.5, 3.5, 5.5, 7.5, np.inf)

# Seed of the compared photographs; no split of the data set uses keys of two numbers.
SEED = 77


def simulated_scenes(count: int, size: int = DRIVE_SIZE) -> list[Scene]:
    """Simulate ``count`` eyes that are in no split of the data set."""
    return [simulate(np.random.default_rng([SEED, index]), size) for index in range(count)]


def measure(scene: Scene) -> dict[str, float]:
    """Return the rows of :data:`DRIVE` for one good photograph."""
    inside, vessel = scene.field_of_view > 0, scene.label > 0
    picture = scene.photograph.astype(np.float64)
    centre_line = skeletonize(vessel)
    width = 2 * distance_transform_edt(vessel)[centre_line] - 1
    background = inside & ~vessel
    rows = dict(zip(("red mean", "green mean", "blue mean"), picture[inside].mean(axis=0).tolist(), strict=True))
    rows["vessel share"] = float(vessel[inside].mean())
    rows["centre-line (px)"] = float(centre_line.sum())
    for percent, name in ((50, "median"), (75, "75 %"), (95, "95 %")):
        rows[f"width, {name} (px)"] = float(np.percentile(width, percent))
    contrast = _contrast(picture[..., 1], background)[centre_line]
    names = [name for name in DRIVE if name.startswith("green contrast")]
    for name, low, high in zip(names, WIDTHS, WIDTHS[1:], strict=False):
        chosen = (width > low) & (width <= high)
        rows[name] = float(contrast[chosen].mean()) if chosen.any() else np.nan
    away_from_vessels = distance_transform_edt(background) > 6
    fine = picture - gaussian_filter(picture, (1.5, 1.5, 0))
    noise = fine[away_from_vessels].std(axis=0).tolist()
    rows |= dict(zip(("red noise", "green noise", "blue noise"), noise, strict=True))
    return rows


def _contrast(channel: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return a channel over the background around each pixel, minus 1."""
    weight = gaussian_filter(background.astype(np.float64), 12)
    around = gaussian_filter(channel * background, 12) / np.maximum(weight, 1e-6)
    relative: np.ndarray = channel / np.maximum(around, 1.0) - 1.0
    return relative


def table(scenes: Sequence[Scene]) -> str:
    """Return the statistics of simulated photographs beside those of DRIVE, in Markdown."""
    measured = [measure(scene) for scene in scenes]
    lines = ["| | DRIVE: mean (sd) | simulated: mean (sd) |", "| --- | --- | --- |"]
    for name, (mean, sd) in DRIVE.items():
        values = np.array([rows[name] for rows in measured])
        spread = "" if sd is None else f" ({sd:g})"
        lines.append(f"| {name} | {mean:g}{spread} | {np.nanmean(values):.4g} ({np.nanstd(values):.2g}) |")
    return "\n".join(lines)


def vessel_dice(scenes: Sequence[Scene], weights: Path) -> np.ndarray:
    """Return W-Net's Dice inside the field of view on the clean pictures, (N,), under its public weights."""
    from safetensors.torch import load_file

    from sspbench import TrainableSegmenter
    from sspbench.config.overrides import resolve_params
    from sspbench.plugins.discovery import find_single_class, get_plugin

    wnet = get_plugin("segmentation", "wnet")
    kind: type[TrainableSegmenter] = find_single_class(wnet.import_module(), TrainableSegmenter, wnet.code_file)
    segmenter = kind(resolve_params(wnet, "paper"))
    segmenter.inference_only = True
    segmenter.build()
    segmenter.load_weights(load_file(weights))
    dice = []
    for scene in scenes:
        images = np.moveaxis(scene.clean, -1, 0)[None].astype(np.float32) / 255
        found = segmenter.probabilities(images)[0, 0] > segmenter.params["threshold"]
        vessel = scene.label > 0
        dice.append(2 * (found & vessel).sum() / (found.sum() + vessel.sum()))
    return np.array(dice)


def contact_sheet(count: int = 4, size: int = 384) -> np.ndarray:
    """Lay out poor photographs, the same eyes clean, their vessel masks, and good photographs of other eyes."""
    scenes = simulated_scenes(2 * count, size)
    first, others = scenes[:count], scenes[count:]
    # Illumination alone, blur alone, spots with blur, and everything.
    types = [COMBINATIONS[index] for index in (0, 2, 5, 6)]
    poor = []
    for index, (scene, chosen) in enumerate(zip(first, types, strict=False)):
        degradation = draw_degradation(np.random.default_rng([SEED, index, 1]), size, size, chosen)
        poor.append(degrade(scene.photograph, scene.field_of_view > 0, degradation))
    rows = [
        poor,
        [scene.clean for scene in first],
        [np.repeat(scene.label[..., None], 3, axis=2) for scene in first],
        [scene.photograph for scene in others],
    ]
    return np.vstack([np.hstack(row) for row in rows])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table; write the contact sheet where asked for."""
    parser = argparse.ArgumentParser(prog="python -m data.fundussim.compare", description="Compare with DRIVE.")
    parser.add_argument("--count", type=int, default=40, help="simulated photographs")
    parser.add_argument("--weights", type=Path, help="W-Net's public weights, .safetensors")
    parser.add_argument("--picture", type=Path, help="write the contact sheet here")
    chosen = parser.parse_args(arguments)
    scenes = simulated_scenes(chosen.count)
    sys.stdout.write(table(scenes) + "\n")
    if chosen.weights:
        dice = vessel_dice(scenes, chosen.weights)
        sys.stdout.write(f"\nDice of W-Net: {dice.mean():.3f} ({dice.min():.3f} to {dice.max():.3f})\n")
    if chosen.picture:
        Image.fromarray(contact_sheet()).reduce(2).save(chosen.picture, quality=85, optimize=True)


if __name__ == "__main__":
    main()
