"""Definition sensitivity: what each row would print under other definitions of the same quality measures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from sspbench.errors import UserError
from sspbench.images.grey import read_grey
from sspbench.plugins.metric_families import load_metric_families

from ..parallel import parallel_map

MetricDefinition = Callable[[np.ndarray], np.ndarray]
"""Takes (N, H, W) uint8 images, returns (N,) float64 values, NaN where undefined."""

ENLARGEMENT_FACTORS = {"native": 1.0, "384 to 512": 512 / 384}
"""Scales by name: as saved, and enlarged as a 384-pixel image scored at 512 (PIL bicubic)."""

MAX_IMAGES_HELD = 4
"""Images held at a time."""

SENSITIVITY_COLUMNS = ["run", "definition", "scale", "n", "n_nan", "mean", "sd", "note"]


def collect_definitions(
    options: Mapping[str, Mapping[str, Any]] | None = None, good: Sequence[np.ndarray] = ()
) -> dict[str, MetricDefinition]:
    """Return the definitions that the metric families offer, by name.

    Args:
        options: Options by family name (the config's ``metrics``).
        good: Good images of the domain, (H, W) uint8, for definitions whose model is fitted to them.
    """
    found: dict[str, MetricDefinition] = {}
    for family in load_metric_families(options).values():
        found |= family.definitions
        if good:
            found |= family.fitted_definitions(good)
    return found


def compute_sensitivity(
    images_by_run: Mapping[str, Iterable[Path]],
    definitions: Mapping[str, MetricDefinition],
    scales: Mapping[str, float] = ENLARGEMENT_FACTORS,
    processes: int = 1,
) -> pd.DataFrame:
    """Score every run's images under every definition at every scale.

    Args:
        images_by_run: By row of the tables, its saved 8-bit images.
        definitions: Functions by name.
        scales: Enlargement factors by name.
        processes: How many processes share the runs.

    Returns:
        run, definition, scale, n (values), n_nan, mean, sd (over images, divisor n - 1), note (why values are missing).
    """
    lines = []
    scored = parallel_map(
        lambda paths: _score_images(list(paths), definitions, scales), list(images_by_run.values()), processes
    )
    for run, (values, notes) in zip(images_by_run, scored, strict=True):
        for name in definitions:
            for scale in scales:
                lines.append({"run": run, "definition": name, "scale": scale, **_summarise_values(values[name, scale])})
                lines[-1]["note"] = "; ".join(sorted(notes[name, scale]))
    return pd.DataFrame(lines, columns=SENSITIVITY_COLUMNS)


def _score_images(
    paths: Sequence[Path], definitions: Mapping[str, MetricDefinition], scales: Mapping[str, float]
) -> tuple[dict[tuple[str, str], list[float]], dict[tuple[str, str], set[str]]]:
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    notes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for images in _iter_chunks(paths):
        for scale, factor in scales.items():
            enlarged = enlarge_images(images, factor)
            for name, function in definitions.items():
                found, note = _apply_definition(function, enlarged)
                values[name, scale] += found
                notes[name, scale] |= {note} - {""}
    return values, notes


def _iter_chunks(paths: Sequence[Path]) -> Iterator[np.ndarray]:
    """Yield images of one size as (N, H, W), at most ``CHUNK`` at a time, whatever sizes the folder mixes."""
    waiting: dict[tuple[int, ...], list[np.ndarray]] = defaultdict(list)
    for path in paths:
        image = read_grey(path)
        stack = waiting[image.shape]
        stack.append(image)
        if len(stack) == MAX_IMAGES_HELD:
            yield np.stack(waiting.pop(image.shape))
    for stack in waiting.values():
        yield np.stack(stack)


def _apply_definition(function: MetricDefinition, images: np.ndarray) -> tuple[list[float], str]:
    """Apply a definition; images it cannot take (too small, flat) give NaN with the reason."""
    try:
        return [float(value) for value in function(images)], ""
    except (UserError, ValueError, np.linalg.LinAlgError) as error:
        return [np.nan] * len(images), str(error).splitlines()[0]


def enlarge_images(images: np.ndarray, factor: float) -> np.ndarray:
    """Resize (N, H, W) uint8 by ``factor`` with PIL's bicubic filter, as the public pipelines do (uint8 again)."""
    if factor == 1.0:
        return images
    height, width = (round(side * factor) for side in images.shape[1:])
    return np.stack([np.asarray(Image.fromarray(i).resize((width, height), Image.Resampling.BICUBIC)) for i in images])


def _summarise_values(values: Sequence[float]) -> dict[str, float | int]:
    known = np.array([value for value in values if np.isfinite(value)])
    return {
        "n": len(known),
        "n_nan": len(values) - len(known),
        "mean": float(known.mean()) if len(known) else np.nan,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
    }
