"""Enhance the test split with one run; a classical method is fitted to the training images first."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..config.settings import Settings
from ..contract import ColorMode, Method
from ..errors import UserError
from ..files import write_json
from ..images.manifest import Manifest
from ..images.pictures import from_planes, read_grey, read_picture, to_float, to_planes, to_uint8, write_picture
from ..jobs.image_folders import clear_images, verify_splits, write_folder_manifest
from ..jobs.outcome import JobError
from ..jobs.progress import progress_bar
from ..jobs.provenance import JobRecorder
from ..plugins.discovery import load_method_class

LARGEST_TRIED_SIDE_PX = 512


class LazyImages(Sequence[np.ndarray]):
    """Training images, (H, W) or (H, W, 3) float32 in [0, 1], each read when it is looked at, to save memory."""

    def __init__(self, paths: Sequence[Path], color: ColorMode = "grey") -> None:
        self._paths, self._color = paths, color

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> np.ndarray: ...
    @overload
    def __getitem__(self, index: slice) -> LazyImages: ...
    def __getitem__(self, index: int | slice) -> np.ndarray | LazyImages:
        """Read one image; of a slice none is read yet."""
        if isinstance(index, slice):
            return LazyImages(self._paths[index], self._color)
        return to_float(read_picture(self._paths[index], self._color))


def fit_constants(method: Method, low: Sequence[np.ndarray], high: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return what ``method.fit`` takes from the training images, as JSON will give it back.

    Raises:
        JobError: it returns no mapping, or one that JSON cannot hold (arrays, NaN).
    """
    constants = method.fit(low, high)
    if not isinstance(constants, Mapping):
        raise JobError(f"fit returned {type(constants).__name__}", hint="return a mapping of names to numbers or lists")
    try:
        return dict(json.loads(json.dumps(dict(constants), allow_nan=False)))
    except (TypeError, ValueError) as error:
        hint = "return numbers, texts and lists of them: float(value), array.tolist(); no NaN"
        raise JobError("fit returned what JSON cannot hold", why=str(error), hint=hint) from error


def load_method(settings: Settings, weights: Path | None, fitted: Mapping[str, Any] | None = None) -> Method:
    """Return a method ready to enhance: a learned one gets its weights, one that was fitted its constants.

    Raises:
        UserError: weights or constants are missing.
    """
    found = settings.plugin
    if found.meta["kind"] == "learned":
        from .train import load_for_inference, make_method

        method = make_method(settings)
        if weights is None:
            raise UserError(f"{found.name} needs weights to enhance", hint="train it first")
        load_for_inference(method, weights, settings.engine)
        return method
    classical = _make_classical(settings)
    if classical.is_fitted():
        if fitted is None:
            hint = "run it in the workflow, then give --weights results/<data set>/<preset>/runs/<method>/seed-0"
            raise UserError(f"{found.name} takes constants from training images", hint=hint)
        classical.fitted = fitted
    return classical


def _make_classical(settings: Settings) -> Method:
    method = load_method_class(settings.plugin)(settings.plugin_params, settings.seed)
    method.channels = settings.channels
    return method


def enhance_image(method: Method, image: np.ndarray, name: str) -> np.ndarray:
    """Enhance one (H, W) or (H, W, 3) uint8 image; check what comes back.

    Raises:
        JobError: the output has another shape, or values that are not finite.
        UserError: the image is too small for the network.
    """
    given = to_planes(to_float(image))[None]
    try:
        result = np.asarray(method.enhance(given.copy()))
    except (RuntimeError, ValueError) as error:
        raise explain_small_picture(method, given) or error from error
    if result.shape != given.shape:
        raise JobError(f"{name} returned shape {result.shape} for {given.shape}", hint="return the input's shape")
    if not np.isfinite(result).all():
        bad = int((~np.isfinite(result)).sum())
        raise JobError(
            f"{name} returned {bad} values that are not finite (NaN or infinite)",
            hint="look for divisions by zero and logarithms of zero, or a diverged training",
        )
    return to_uint8(from_planes(result[0]))


def explain_small_picture(method: Method, image: np.ndarray) -> UserError | None:
    """Return what to say about a picture, (1, C, H, W), that a method failed on, if its size is why; else None."""
    height, width = image.shape[-2:]
    smallest = _find_smallest_side(method, image)
    if smallest is None:
        return None
    return UserError(
        "The picture is too small for this network",
        why=f"it has {width} x {height} pixels, and both sides must have {smallest} or more",
        hint="use a method without a network, e.g. --method flat_field, or give a larger picture",
    )


def _find_smallest_side(method: Method, image: np.ndarray) -> int | None:
    """Return the smallest side that works, by bisection; None where even a large picture fails."""
    failing, working = min(image.shape[-2:]), LARGEST_TRIED_SIDE_PX
    if failing >= working or not _works(method, image, working):
        return None
    while working - failing > 1:
        middle = (failing + working) // 2
        if _works(method, image, middle):
            working = middle
        else:
            failing = middle
    return working


def _works(method: Method, image: np.ndarray, side: int) -> bool:
    height, width = image.shape[-2:]
    grown = ((0, 0), (0, 0), (0, max(side - height, 0)), (0, max(side - width, 0)))
    picture = np.ascontiguousarray(np.pad(image, grown, mode="symmetric")[..., :side, :side])
    try:
        method.enhance(picture)
    except (RuntimeError, ValueError):
        return False
    return True


def enhance(settings: Settings, manifest: Manifest, folder: Path, weights: Path | None) -> None:
    """Write ``enhanced/*.png`` for every test image, then their manifest and ``jobs/enhance.json``."""
    job = JobRecorder("enhance", settings.as_json())
    found = settings.plugin
    verify_splits(manifest, "testA", "testA_fov")
    sources = manifest.image_paths("testA")
    seconds: list[float] = []
    facts: dict[str, Any] = {}
    if found.meta["kind"] == "control":
        function = _control_enhancer(manifest, found.meta["shows"], settings.color)
    else:
        facts = _fit_if_needed(settings, manifest)
        function = _method_enhancer(settings, weights, facts.get("fitted"), seconds)
    target = clear_images(folder / "enhanced")
    written = []
    fields = manifest.companion_by_stem("testA", "testA_fov")
    for source in progress_bar(sources, label=f"enhance {found.name}", unit="images"):
        path = target / f"{source.stem}.png"
        write_picture(path, blacken_outside(function(source), fields[source.stem]))
        written.append(path)
    write_folder_manifest(target, written)
    each = float(np.median(seconds)) if seconds else 0.0
    write_json(
        folder / "jobs" / "enhance.json", job.record(images=len(written), seconds_per_image=round(each, 5), **facts)
    )


def blacken_outside(pixels: np.ndarray, field_of_view: Path | None) -> np.ndarray:
    """Return a picture that is 0 outside its field of view, a mask's file; the same where it has none."""
    if field_of_view is None:
        return pixels
    inside = read_grey(field_of_view) > 0
    return np.where(inside[..., None] if pixels.ndim == 3 else inside, pixels, np.uint8(0))


def _method_enhancer(
    settings: Settings, weights: Path | None, fitted: Mapping[str, Any] | None, seconds: list[float]
) -> Callable[[Path], np.ndarray]:
    method = load_method(settings, weights, fitted)

    def function(source: Path) -> np.ndarray:
        start = time.perf_counter()
        result = enhance_image(method, read_picture(source, settings.color), settings.name)
        seconds.append(time.perf_counter() - start)
        return result

    return function


def _fit_if_needed(settings: Settings, manifest: Manifest) -> dict[str, Any]:
    """Return ``{"fitted": constants}`` of a classical method that takes any from the training images, else nothing."""
    if settings.plugin.meta["kind"] != "classical":
        return {}
    method = _make_classical(settings)
    if not method.is_fitted():
        return {}
    verify_splits(manifest, "trainA", "trainB")
    low, high = (LazyImages(manifest.image_paths(split), settings.color) for split in ("trainA", "trainB"))
    return {"fitted": fit_constants(method, low, high)}


def _control_enhancer(manifest: Manifest, shows: str, color: ColorMode) -> Callable[[Path], np.ndarray]:
    """A positive control shows what is known of the scene: ``testA_<shows>``."""
    extra = f"testA_{shows}"
    verify_splits(manifest, extra)
    beside = manifest.companion_by_stem("testA", extra)

    def function(source: Path) -> np.ndarray:
        known = beside[source.stem]
        if known is None:
            hint = "prepare the data with this picture of every test scene, or leave the row out of methods"
            where = str(manifest.folder / extra)
            raise JobError(f"{extra} has no image for {source.name}", where=where, hint=hint)
        return read_picture(known, color)

    return function
