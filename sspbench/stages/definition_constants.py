"""What rival definitions take from the HQ training images: fitted once per data set instead of in every scoring job.

The records lie in ``.cache`` of the checkout under a key that names all they depend on; a new key is a new fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy

from ..checkout import ROOT
from ..contract import MetricFamily
from ..errors import UserError
from ..files import fingerprint, read_mapping, write_json
from ..images.manifest import Manifest
from ..jobs.image_folders import verify_splits
from .definitions import read_inside

CONSTANTS_CACHE_DIR = ROOT / ".cache" / "definitions"

# Of the packages that compute the constants: another version can change a digit.
NUMERIC_VERSIONS = (np.__version__, scipy.__version__, cv2.__version__)


def load_or_fit_constants(
    families: Mapping[str, MetricFamily],
    digests: Mapping[str, str],
    manifest: Manifest,
    cache: Path = CONSTANTS_CACHE_DIR,
) -> dict[str, Mapping[str, Any]]:
    """Return by family what its fitted definitions take, as recorded in the cache, or fit and record it.

    Args:
        families: The metric families by name; those that fit nothing are left out.
        digests: The digest of each family's code and options.
        manifest: The prepared data, whose HQ training images the definitions are fitted to.
        cache: Holds one record per family and version of what it depends on.
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
    found = family.fit_definitions(_iter_good_images(manifest))
    # A checkout that cannot be written to fits in every job.
    with suppress(OSError):
        write_json(path, dict(found))
    return found


def _make_key(digest: str, manifest: Manifest) -> str:
    images = [entry for entry in manifest.content["images"] if entry["split"] in ("trainB", "trainB_fov")]
    return fingerprint([digest, images, NUMERIC_VERSIONS])[:32]


def _iter_good_images(manifest: Manifest) -> Iterator[np.ndarray]:
    """Yield the HQ training images, (H, W) uint8, one at a time."""
    paths = manifest.image_paths("trainB")
    for path, field in zip(paths, manifest.find_companions(paths, "trainB_fov"), strict=True):
        yield read_inside(path, field)
