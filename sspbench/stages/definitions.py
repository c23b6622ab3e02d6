"""Score a run's images under the rival definitions of the no-reference measures: one line per value."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy
from PIL import Image

from ..checkout import ROOT
from ..contract import MetricFamily
from ..errors import UserError
from ..files import fingerprint, read_mapping, replace_atomically, write_json
from ..images.field_of_view import erode_field_of_view, find_inscribed_square
from ..images.manifest import Manifest
from ..images.pictures import read_grey
from ..jobs.image_folders import verify_splits

DEFINITION_COLUMNS = ("image", "definition", "scale", "value", "note")

# As saved, and as a 384-pixel image that is scored at 512 pixels (PIL bicubic).
ENLARGEMENT_FACTORS = {"native": 1.0, "384 to 512": 512 / 384}

MAX_IMAGES_HELD = 4

CONSTANTS_CACHE_DIR = ROOT / ".cache" / "definitions"

# Of the packages that compute the constants: another version can change a digit.
NUMERIC_VERSIONS = (np.__version__, scipy.__version__, cv2.__version__)

# Takes (N, H, W) uint8 images, returns (N,) float64 values, NaN where undefined.
MetricDefinition = Callable[[np.ndarray], np.ndarray]

# Image, definition, scale, value and note: the columns of ``definitions.csv``.
ScoredLine = tuple[str, str, str, float, str]


def write_definitions(path: Path, lines: Iterable[ScoredLine]) -> None:
    """Write ``definitions.csv``; values keep every digit."""
    with replace_atomically(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(DEFINITION_COLUMNS)
        table.writerows((image, name, scale, repr(value), note) for image, name, scale, value, note in lines)


def collect_definitions(
    families: Mapping[str, MetricFamily], constants: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, MetricDefinition]:
    """Return the definitions that the metric families offer, by name.

    ``constants`` holds, by family, what its fitted definitions take; without them those are left out.
    """
    found: dict[str, MetricDefinition] = {}
    for name, family in families.items():
        found |= family.definitions
        if constants and constants.get(name):
            found |= family.fitted_definitions(constants[name])
    return found


def read_inside(path: Path, field_of_view: Path | None) -> np.ndarray:
    """Read a picture as grey; where it has a field of view, the largest square within it and away from its edge.

    Definitions take whole pictures, and know nothing of a field of view.
    """
    image = read_grey(path)
    if field_of_view is None:
        return image
    return image[find_inscribed_square(erode_field_of_view(read_grey(field_of_view) > 0))]


def score_definitions(
    paths: Sequence[Path],
    definitions: Mapping[str, MetricDefinition],
    scales: Mapping[str, float] = ENLARGEMENT_FACTORS,
    fields: Mapping[str, Path | None] | None = None,
) -> Iterator[ScoredLine]:
    """Yield the value of every saved image under every definition at every scale.

    ``fields`` holds the masks of the images' fields of view by stem, where they have any.
    """
    for names, images in _iter_chunks(paths, fields or {}):
        for scale, factor in scales.items():
            enlarged = enlarge_images(images, factor)
            for definition, function in definitions.items():
                for name, (value, note) in zip(names, _apply_definition(function, enlarged), strict=True):
                    yield name, definition, scale, value, note


def _iter_chunks(paths: Sequence[Path], fields: Mapping[str, Path | None]) -> Iterator[tuple[list[str], np.ndarray]]:
    """Yield names and images of one size, (N, H, W) with N at most ``MAX_IMAGES_HELD``."""
    waiting: dict[tuple[int, ...], list[tuple[str, np.ndarray]]] = defaultdict(list)
    for path in paths:
        image = read_inside(path, fields.get(path.stem))
        chunk = waiting[image.shape]
        chunk.append((path.stem, image))
        if len(chunk) == MAX_IMAGES_HELD:
            yield _stack_chunk(waiting.pop(image.shape))
    for chunk in waiting.values():
        yield _stack_chunk(chunk)


def _stack_chunk(chunk: Sequence[tuple[str, np.ndarray]]) -> tuple[list[str], np.ndarray]:
    return [name for name, _ in chunk], np.stack([image for _, image in chunk])


def _apply_definition(function: MetricDefinition, images: np.ndarray) -> list[tuple[float, str]]:
    """Return value and note of each image; one that the definition rejects (too small, flat) has NaN and the reason."""
    try:
        return [(float(value), "") for value in function(images)]
    except (UserError, ValueError, np.linalg.LinAlgError) as error:
        if len(images) == 1:
            return [(np.nan, str(error).splitlines()[0])]
    return [found for image in images for found in _apply_definition(function, image[None])]


def enlarge_images(images: np.ndarray, factor: float) -> np.ndarray:
    """Resize (N, H, W) uint8 by ``factor`` with PIL's bicubic filter, as the public pipelines do (uint8 again)."""
    if factor == 1.0:
        return images
    height, width = (round(side * factor) for side in images.shape[1:])
    return np.stack([np.asarray(Image.fromarray(i).resize((width, height), Image.Resampling.BICUBIC)) for i in images])


def load_or_fit_constants(
    families: Mapping[str, MetricFamily],
    digests: Mapping[str, str],
    manifest: Manifest,
    cache: Path = CONSTANTS_CACHE_DIR,
) -> dict[str, Mapping[str, Any]]:
    """Return by family what its fitted definitions take from the HQ training images: fitted once per data set.

    Args:
        families: The metric families by name; those that fit nothing are left out.
        digests: The digest of each family's code and options.
        manifest: The prepared data.
        cache: Holds one record per family, under a key that names all it depends on; a new key is a new fit.
    """
    return {
        name: _load_or_fit(family, cache / f"{name}-{_make_key(digests[name], manifest)}.json", manifest)
        for name, family in families.items()
        if type(family).fit_definitions is not MetricFamily.fit_definitions
    }


def _load_or_fit(family: MetricFamily, path: Path, manifest: Manifest) -> Mapping[str, Any]:
    if path.is_file():
        # A damaged record costs a new fit, not the run.
        with suppress(UserError):
            return read_mapping(path)
    verify_splits(manifest, "trainB", "trainB_fov")
    paths = manifest.image_paths("trainB")
    pairs = zip(paths, manifest.find_companions(paths, "trainB_fov"), strict=True)
    found = family.fit_definitions(read_inside(*pair) for pair in pairs)
    # A checkout that cannot be written to fits in every job.
    with suppress(OSError):
        write_json(path, dict(found))
    return found


def _make_key(digest: str, manifest: Manifest) -> str:
    images = [entry for entry in manifest.content["images"] if entry["split"] in ("trainB", "trainB_fov")]
    return fingerprint([digest, images, NUMERIC_VERSIONS])[:32]
