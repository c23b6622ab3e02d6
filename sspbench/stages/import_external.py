"""Imports test images that were enhanced outside the suite: checks all, then writes them like those of every method."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter

from ..contract import ColorMode
from ..errors import Faults
from ..files import write_json
from ..images.decode import IMAGE_SUFFIXES
from ..images.decoded import MAX_VALUE
from ..images.inspection import InspectedImage, add_duplicate_name_faults, inspect_image
from ..images.manifest import MAX_SHOWN_FILES, Manifest
from ..images.names import make_safe_name, printable
from ..images.pictures import list_images, read_grey, read_picture, write_picture
from ..images.white_level import WhiteLevel, decide_whites, tabulate_whites
from ..jobs.image_folders import clear_images, verify_splits, write_folder_manifest
from ..jobs.progress import progress_bar
from ..jobs.provenance import JobRecorder
from .enhance import blacken_outside

# Pictures are compared at this size: lines of a few pixels survive, noise does not.
COMPARED_SIDE_PX = 96
# Gaussian that is subtracted before comparing: a method may change the light, not the structures.
LIGHT_SIGMA_PX = 8.0
# By how much the correlation with another test image must exceed that with the own one: frames of one scene are alike.
MIN_EXCESS = 0.05
# A pixel that is off by one level gives more; a flat picture is not quite 0 after the filter, by rounding.
MIN_LENGTH_LEVELS = 1e-6


def import_external(settings: Mapping[str, Any], source: Path, manifest: Manifest, folder: Path) -> None:
    """Write ``enhanced/*.png`` for every test image, then their manifest and ``jobs/enhance.json``.

    Args:
        settings: The row's: its name, its folder's name, the digest of its images, the mode of the test images
            (``color``), and ``white`` where it is given.
        source: The folder of images, each of the name and size of its test image.
        manifest: The prepared data.
        folder: The run's folder.

    Raises:
        UserError: images are missing, too many, of another size or mode, or unreadable; all of them at once.
    """
    job = JobRecorder("enhance", dict(settings))
    pictures, level = _check_images(settings, source, manifest, folder)
    for line in tabulate_whites([level]):
        print(line, file=sys.stderr)
    verify_splits(manifest, "testA", "testA_fov")
    fields = manifest.companion_by_stem("testA", "testA_fov")
    notes = list(_describe_images(source, pictures, level))
    target = clear_images(folder / "enhanced")
    written = []
    for name, picture in progress_bar(sorted(pictures.items()), label=f"import {settings['name']}", unit="images"):
        path = target / f"{name}.png"
        pixels = read_picture(picture.path, settings.get("color", "grey"), level.white)
        write_picture(path, blacken_outside(pixels, fields[name]))
        written.append(path)
    notes += _describe_resemblances(written, manifest)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    write_folder_manifest(target, written)
    write_json(folder / "jobs" / "enhance.json", job.record(images=len(written), notes=notes, white=level.as_json()))


def _describe_resemblances(written: list[Path], manifest: Manifest) -> Iterator[str]:
    """Yield a line about pictures that may have been given another one's name."""
    found = find_resemblances(
        {path.stem: read_grey(path) for path in written}, {path.stem: path for path in manifest.image_paths("testA")}
    )
    if found:
        shown = [f"{name} resembles {other}" for name, other in list(found.items())[:MAX_SHOWN_FILES]]
        more = f", and {len(found) - MAX_SHOWN_FILES} more" if len(found) > MAX_SHOWN_FILES else ""
        images = "image resembles" if len(found) == 1 else "images resemble"
        what = f"{len(found)} {images} another test image more than their own, are the names right?"
        yield f"{what} {', '.join(shown)}{more}"


def find_resemblances(pictures: Mapping[str, np.ndarray], originals: Mapping[str, Path]) -> dict[str, str]:
    """Return the pictures that resemble the test image of another name more than their own, with that name.

    Pictures are (H, W) uint8, by the name of the test image that they are said to show.
    """
    names = list(originals)
    known = np.stack([_describe_structures(read_grey(path)) for path in originals.values()])
    found = {}
    for name, picture in pictures.items():
        likeness = np.abs(known @ _describe_structures(picture))  # a method may turn dark structures bright
        nearest = int(np.argmax(likeness))
        if likeness[nearest] > likeness[names.index(name)] + MIN_EXCESS:
            found[name] = names[nearest]
    return found


def _describe_structures(picture: np.ndarray) -> np.ndarray:
    """Return what is compared as a vector of length 1, or of zeros for a picture without structures."""
    small = cv2.resize(picture, (COMPARED_SIDE_PX, COMPARED_SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float64)
    structures = (small - gaussian_filter(small, LIGHT_SIGMA_PX)).ravel()
    length = np.linalg.norm(structures)
    return structures / length if length > MIN_LENGTH_LEVELS else np.zeros_like(structures)


def _check_images(
    settings: Mapping[str, Any], source: Path, manifest: Manifest, folder: Path
) -> tuple[dict[str, InspectedImage], WhiteLevel]:
    """Return what is known of the images, by the name of the test image that each belongs to, and their white."""
    name = source.resolve().name
    files = list_images(source)
    # As the test images were renamed, where that was needed.
    names = {path: make_safe_name(path.stem) for path in files}
    entries = manifest.list_entries("testA")
    sizes = {Path(entry["path"]).stem: (entry["width"], entry["height"]) for entry in entries}
    found: dict[str, InspectedImage] = {}
    with Faults(f"The images in the folder {name} cannot be imported") as faults:
        if source.resolve().is_relative_to(folder.resolve()):
            why, hint = "they would be removed before they are read", "move them to another folder"
            faults.add("The images lie where the row's results go", why=why, hint=hint)
        add_duplicate_name_faults(names, faults)
        _add_missing_faults(sizes, names, source, faults)
        for path in progress_bar(files, label="check", unit="images"):
            if names[path] not in sizes:
                _add_unknown_name_fault(path, sizes.keys() - names.values(), faults)
                continue
            picture = inspect_image(path, faults)
            if picture is not None:
                _add_mismatch_faults(picture, sizes[names[path]], settings.get("color", "grey"), faults)
                found[names[path]] = picture
        seen = [picture.brightness for picture in found.values()]
        option = f"external_white={{{settings['name']}: N}}"
        levels = decide_whites({name: seen}, {name: settings.get("white")}, option, faults)
        faults.shorten_paths(source)  # tables show this: leave out where the user's folders are
    return found, levels[name]


def _add_missing_faults(
    sizes: Mapping[str, tuple[int, int]], names: Mapping[Path, str], source: Path, faults: Faults
) -> None:
    readable = ", ".join(IMAGE_SUFFIXES)
    if not names:
        kinds = sorted({path.suffix.lower() for path in source.iterdir() if path.suffix})
        why = f"it holds {', '.join(kinds)}" if kinds else "it is empty"
        faults.add("The folder holds no images", where=source.resolve().name, why=why, hint=f"readable: {readable}")
        return
    for name in sorted(sizes.keys() - names.values()):
        hint = f"save what became of it under its name, as one of {readable}"
        faults.add("A test image has no enhanced one", where=name, hint=hint)


def _add_unknown_name_fault(path: Path, missing: set[str], faults: Faults) -> None:
    close = difflib.get_close_matches(path.stem, sorted(missing), 1)
    hint = f"is it {close[0]}? Then rename it" if close else "give it that of a test image, or remove it"
    faults.add("An image has the name of no test image", where=printable(path.name), hint=hint)


def _add_mismatch_faults(picture: InspectedImage, size: tuple[int, int], color: ColorMode, faults: Faults) -> None:
    if picture.size != size:
        sizes = "{}x{}, its test image {}x{}".format(*picture.size, *size)
        hint = "give it as it was enhanced, neither cut, padded nor scaled"
        faults.add("An image differs in size from its test image", where=str(picture.path), why=sizes, hint=hint)
    if color == "grey" and not picture.is_grey:
        why, hint = "red, green and blue differ, and the test images are grey", "save it as grey, by the rule you used"
        faults.add("An image is in colour", where=str(picture.path), why=why, hint=hint)
    if color == "rgb" and picture.is_grey:
        why, hint = "the test images are in colour", "give it in colour; a method that gives grey cannot be compared"
        faults.add("An image is grey", where=str(picture.path), why=why, hint=hint)
    if color == "rgb" and picture.top is not None:
        hint = "save it with 8 bits a channel"
        faults.add("A colour image has 16 bits a channel", where=str(picture.path), hint=hint)


def _describe_images(source: Path, pictures: Mapping[str, InspectedImage], level: WhiteLevel) -> Iterator[str]:
    """Yield what has to be known of the images, a line each."""
    found = {
        "turned upright, as their metadata says": [one for one in pictures.values() if one.is_turned],
        "transparent in part, taken as if they were not": [one for one in pictures.values() if one.is_transparent],
        "saved with loss: what JPEG does to them is scored too": [one for one in pictures.values() if one.is_lossy],
        f"of 16 bit scaled so that {level.white} is white": [
            one for one in pictures.values() if one.brightness.is_deep and level.white != MAX_VALUE
        ],
    }
    for note in sorted({note for one in pictures.values() for note in one.notes}):
        found[note] = [one for one in pictures.values() if note in one.notes]
    for what, some in found.items():
        if some:
            yield f"{len(some)} {'image' if len(some) == 1 else 'images'} {what}"
    files = [path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")]
    others = sum(path.suffix.lower() not in IMAGE_SUFFIXES for path in files)
    if others:
        yield f"{others} {'file' if others == 1 else 'files'} left out: no images"
