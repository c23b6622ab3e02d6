"""Segment the enhanced test images of one run with the frozen segmenter."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..config.settings import Settings
from ..files import fingerprint, read_json, sha256, write_json
from ..images.pictures import write_grey
from ..jobs.image_folders import clear_images, verified_images, write_folder_manifest
from ..jobs.progress import progress_bar
from ..jobs.provenance import JobRecorder
from .enhance import blacken_outside
from .held_out import find_probability
from .train import load_for_inference, make_segmenter


def segment(
    settings: Settings,
    weights: Path,
    folder: Path,
    fields: Mapping[str, Path | None] | None = None,
    into: Path | None = None,
) -> None:
    """Write ``probabilities/*.png`` and ``masks/*.png`` for ``enhanced/*.png``, with their manifests.

    They go into the same folder, or into the folder ``into``. Both are 0 outside the field of view: ``fields`` holds
    the masks of those by the images' stem, where there are any.

    The threshold that the segmenter's training chose, if any, is handed on in ``jobs/segment.json``.
    """
    job = JobRecorder("segment", settings.as_json())
    segmenter = make_segmenter(settings)
    load_for_inference(segmenter, weights, settings.engine)
    enhanced, folder = folder / "enhanced", into or folder
    maps, masks = clear_images(folder / "probabilities"), clear_images(folder / "masks")
    written = []
    for source in progress_bar(verified_images(enhanced), label="segment", unit="images"):
        found = find_probability(segmenter, source, settings.color)
        probability = blacken_outside(found, (fields or {}).get(source.stem))
        mask = np.where(segmenter.binarise(probability), np.uint8(255), np.uint8(0))
        write_grey(maps / source.name, probability)
        write_grey(masks / source.name, mask)
        written.append(source.name)
    write_folder_manifest(maps, [maps / name for name in written])
    write_folder_manifest(masks, [masks / name for name in written])
    facts = {
        "images": len(written),
        # Chosen on held-out images when these weights were trained.
        "threshold": read_json(weights.parent / "jobs" / "train.json").get("threshold"),
        "segmenter": {"recipe": digest_recipe(settings), "weights": sha256(weights)[:16]},
    }
    write_json(folder / "jobs" / "segment.json", job.record(**facts))


def digest_recipe(settings: Settings) -> str:
    """Return a digest of what the segmenter is: its name, parameters and the contents of the weights it was given."""
    return fingerprint([settings.name, settings.params, sorted(settings.files.values())])[:16]
