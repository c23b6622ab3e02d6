"""Compare simulated frames with a folder of real ones: a table of figures, and contact sheets.

Run from the repository root::

    python -m data.cornsim.compare --real FOLDER --picture data/cornsim/contact-sheet.jpg --beside SHEET.png

``FOLDER`` holds ``trainA``, ``trainB`` and ``testA`` with ``<split>_labels`` where known. The picture shows simulated
frames only; the sheet given by ``--beside`` shows real ones too and is for the eye, not for publishing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

from sspbench import Scores, ScoringBatch, list_images, read_stack
from sspbench.plugins.metric_families import load_metric_families

from .parameters import REFERENCE_SIDE_PX
from .scene import Frame, Quality, simulate_frame

# Rows of the table that come from the metric families: title and measure name.
MEASURE_BY_TITLE = {"Entropy (bits)": "entropy", "AvG": "avg_gradient", "NIQE": "niqe", "PIQE": "piqe"}


@dataclass(frozen=True)
class ImageSample:
    """Images of one kind, (N, H, W) uint8, and the labels of those that have one, with the labelled images."""

    images: np.ndarray
    labelled: np.ndarray
    labels: np.ndarray


def load_real_sample(root: Path, splits: Sequence[str]) -> ImageSample:
    """Read the images of ``splits``, and the labels there are."""
    images = {split: read_stack(list_images(root / split)) for split in splits}
    labels = {s: read_stack(list_images(root / f"{s}_labels")) for s in splits if (root / f"{s}_labels").is_dir()}
    return ImageSample(
        np.concatenate(list(images.values())),
        np.concatenate([images[split] for split in labels]),
        np.concatenate(list(labels.values())),
    )


# Keys of the two kinds of frames compared: other ones than the splits of the data set have.
COMPARISON_SEED_KEYS: dict[Quality, int] = {"low": 8, "high": 9}


def simulate_frames(quality: Quality, count: int) -> list[Frame]:
    """Simulate ``count`` frames that are in no split of the data set."""
    return [
        simulate_frame(np.random.default_rng([0, COMPARISON_SEED_KEYS[quality], index]), REFERENCE_SIDE_PX, quality)
        for index in range(count)
    ]


def stack_frames(frames: Sequence[Frame]) -> ImageSample:
    """Stack frames."""
    images = np.stack([frame.image for frame in frames])
    return ImageSample(images, images, np.stack([frame.label for frame in frames]))


def cv48(image: np.ndarray) -> float:
    """Compute CV48: sd over mean of the image averaged over squares of 48 pixels (a small number is even light)."""
    slow = uniform_filter(image.astype(np.float64), 48)
    return float(slow.std() / slow.mean())


def measure_sample(sample: ImageSample) -> dict[str, np.ndarray]:
    """Compute every row of the table: one value per image."""
    scores: dict[str, Scores] = {}
    for family in load_metric_families().values():
        if family.needs == {"image"}:
            scores |= family.score(ScoringBatch(image=sample.images))
    nerve = sample.labels > 0
    pairs = list(zip(sample.labelled, nerve, strict=True))
    rows = {
        "grey mean": sample.images.mean(axis=(1, 2)),
        "grey sd": sample.images.std(axis=(1, 2)),
    }
    rows |= {title: scores[name].values for title, name in MEASURE_BY_TITLE.items()}
    rows["unevenness CV48"] = np.array([cv48(image) for image in sample.images])
    rows["nerve share (%)"] = 100.0 * nerve.mean(axis=(1, 2))
    rows["nerve - background (grey)"] = np.array([image[on].mean() - image[~on].mean() for image, on in pairs])
    return rows


def render_comparison_table(real: dict[str, np.ndarray], simulated: dict[str, np.ndarray]) -> str:
    """Set two sets of figures side by side, in Markdown."""
    lines = [
        "| | real: mean (min to max) | simulated: mean (min to max) | mean in real range | frames in real range |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, values in real.items():
        low, high = values.min(), values.max()
        inside = (simulated[name] >= low) & (simulated[name] <= high)
        verdict = "yes" if low <= simulated[name].mean() <= high else "**no**"
        lines.append(
            f"| {name} | {_format_range(values)} | {_format_range(simulated[name])} | {verdict} | {inside.mean():.0%} |"
        )
    return "\n".join(lines)


def _format_range(values: np.ndarray) -> str:
    digits = 3 if values.max() < 1 else 2
    return f"{values.mean():.{digits}f} ({values.min():.{digits}f} to {values.max():.{digits}f})"


def make_contact_sheet(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Lay images of one size out in rows, (H, W) uint8 on white."""
    padded = [[np.pad(image, 2, constant_values=255) for image in row] for row in rows]
    return np.vstack([np.hstack(row) for row in padded])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables; write the pictures asked for."""
    parser = argparse.ArgumentParser(prog="python -m data.cornsim.compare", description="Compare with real frames.")
    parser.add_argument("--real", type=Path, help="folder with trainA, trainB, testA and labels")
    parser.add_argument("--count", type=int, default=48, help="simulated frames of each quality")
    parser.add_argument("--picture", type=Path, help="write the sheet of simulated frames here")
    parser.add_argument("--beside", type=Path, help="write the sheet of real and simulated frames here")
    chosen = parser.parse_args(arguments)
    low, high = (simulate_frames(quality, chosen.count) for quality in ("low", "high"))
    if chosen.picture:
        rows = [[f.image for f in low[:4]], [f.clean for f in low[:4]], [f.label for f in low[:4]]]
        half = Image.fromarray(make_contact_sheet([*rows, [f.image for f in high[:4]]])).reduce(2)
        half.save(chosen.picture, quality=80, optimize=True)
    if chosen.real is None:
        return
    real_low = load_real_sample(chosen.real, ("trainA", "testA"))
    real_high = load_real_sample(chosen.real, ("trainB",))
    for title, real, frames in (("Low quality", real_low, low), ("High quality", real_high, high)):
        sys.stdout.write(
            f"\n{title}\n\n{render_comparison_table(measure_sample(real), measure_sample(stack_frames(frames)))}\n"
        )
    if chosen.beside:
        rows = []
        for real, frames in ((real_low, low), (real_high, high)):
            rows += [list(real.images[:: len(real.images) // 4][:4]), [frame.image for frame in frames[4:8]]]
        Image.fromarray(make_contact_sheet(rows)).save(chosen.beside)


if __name__ == "__main__":
    main()
