"""Enhance a folder of one's own images with a trained run or a classical method."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..images.enhancement_rules import ENHANCEMENT_RULES
from ..jobs.progress import progress_bar
from .named_methods import limit_tile, load_named_method

if TYPE_CHECKING:
    import numpy as np


# The bar: always images per second, where tqdm's own turns to seconds per image below one.
PROGRESS_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}]"

# What is said of photographs whose field of view was found.
FIELD_NOTE = "outside the round field of view the result is black, as in the benchmark"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``enhance``."""
    parser = commands.add_parser("enhance", help="enhance your own images with a trained run or a classical method")
    by = parser.add_mutually_exclusive_group(required=True)
    by.add_argument("--weights", type=Path, metavar="RUN", help="a run: results/.../runs/METHOD/seed-N")
    by.add_argument("--method", help="a classical method, with its parameters of the preset paper")
    parser.add_argument("--input", type=Path, required=True, help="a folder (with subfolders) or one file")
    parser.add_argument("--output", type=Path, required=True, help="a folder; files keep their names")
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.add_argument(
        "--tile",
        type=int,
        default=ENHANCEMENT_RULES.tile,
        help="enhance larger images in tiles of this side "
        f"(default {ENHANCEMENT_RULES.tile}; 0: whole); methods that use statistics "
        "of the whole picture never use tiles",
    )
    parser.add_argument(
        "--white",
        type=int,
        metavar="N",
        help="value that is white in images deeper than 8 bit (default: by files and their largest value)",
    )
    parser.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="where a learned method computes (auto: a GPU of NVIDIA if there is one, else the CPU)",
    )
    parser.set_defaults(run=_enhance)


@dataclass
class EnhanceOutcome:
    """What became of the files: failures and notes by name, and the seconds of those that were enhanced."""

    enhanced: int = 0
    seconds: float = 0.0
    kept: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def _enhance(args: argparse.Namespace) -> int:
    from ..images.picture_files import decide_folder_whites
    from ..jobs.gpu_slots import acquire

    if args.tile and args.tile < 64:
        raise UserError(f"--tile {args.tile} is too small", hint="give at least 64, or 0 for no tiles")
    files, others = _find_images(args.input, args.output)
    whites = decide_folder_whites(files, args.white)
    _make_output_folder(args.output)
    with acquire(device=args.device) if args.weights else nullcontext():
        settings, method = load_named_method(args.weights, args.method, args.device)
        tile = limit_tile(settings, args.tile)
        if args.tile not in (tile, ENHANCEMENT_RULES.tile):
            print(f"note: {settings.name} uses statistics of the whole picture: no tiles are used", file=sys.stderr)
        outcome = enhance_files(method, files, args.output, force=args.force, tile=tile, whites=whites)
    stream = sys.stderr if outcome.failed else sys.stdout
    print("\n".join(_summary_lines(outcome, others, args.output)), file=stream)
    return 1 if outcome.failed else 0


def _make_output_folder(output: Path) -> None:
    """Make the folder of the results before anything is computed.

    Raises:
        UserError: it cannot be made, or is a file.
    """
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = "it is a file" if output.is_file() else error.strerror or str(error)
        hint = "give a folder that exists or can be created: --output DIR"
        raise UserError("The folder for the results cannot be made", where=str(output), why=why, hint=hint) from error


def _find_images(source: Path, output: Path) -> tuple[list[tuple[Path, Path]], int]:
    """Return the images with their place in the output, and how many other files there are."""
    from ..images.decode import IMAGE_SUFFIXES

    root = source if source.is_dir() else source.parent
    if not source.exists():
        raise UserError("The input does not exist", where=f"--input {source}", hint="check the path")
    if output.resolve() == root.resolve():
        raise UserError("Input and output are the same folder", where=str(output), hint="give another --output")
    if source.is_dir() and output.resolve().is_relative_to(source.resolve()):
        raise UserError(
            "The output lies inside the input",
            where=str(output),
            why="a second run would take the enhanced images for new ones",
            hint=f"give an --output beside it, e.g. {source.resolve()}-enhanced",
        )
    found, others = [], 0
    for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
        inside = path.relative_to(root)
        if not path.is_file() or any(part.startswith(".") or part == "__MACOSX" for part in inside.parts):
            continue
        if path.suffix.lower() in IMAGE_SUFFIXES:
            found.append((path, inside))
        else:
            others += 1
    if not found:
        raise UserError("The input has no images", where=str(source), hint=f"readable: {', '.join(IMAGE_SUFFIXES)}")
    return found, others


def enhance_files(
    method: Any,
    files: list[tuple[Path, Path]],
    output: Path,
    *,
    force: bool,
    tile: int,
    whites: Mapping[Path, int] | None = None,
) -> EnhanceOutcome:
    """Enhance files one by one; a bad one is noted and the rest go on.

    Args:
        method: A :class:`sspbench.contract.Method` ready to enhance.
        files: Each file and its place in ``output``.
        output: Where results go.
        force: Overwrite results that are there.
        tile: Side of tiles for large images, 0: none.
        whites: The white of images deeper than 8 bit, by their folder; without: all bits are used.
    """
    outcome = EnhanceOutcome()
    bar = progress_bar(files, label="enhance", unit="images")
    bar.bar_format = PROGRESS_FORMAT
    for path, inside in bar:
        target = output / inside
        if target.exists() and not force:
            outcome.kept += 1
            continue
        start = time.perf_counter()
        try:
            notes = _enhance_file(method, path, target, tile, (whites or {}).get(path.parent))
            outcome.notes += [(str(inside), note) for note in notes]
            outcome.enhanced += 1
            outcome.seconds += time.perf_counter() - start
        except UserError as error:
            outcome.failed.append((str(inside), str(error)))
        except (Exception, SystemExit) as error:  # a plugin that fails on one image must not stop the others
            outcome.failed.append((str(inside), f"{type(error).__name__}: {error}".removesuffix(": ")))
    return outcome


def _enhance_file(method: Any, path: Path, target: Path, tile: int, white: int | None) -> tuple[str, ...]:
    """Enhance one file; return what of it was not kept, in words."""
    from ..images.picture_files import read_image_file, write_image_file

    picture = read_image_file(path)
    white = white if picture.brightness.is_deep else None
    result = enhance_pixels(method, picture.pixels, tile, white)
    is_bounded = method.channels == 3 and blacken_outside_round_field(result, picture.pixels, white)
    write_image_file(target, picture, result)
    return (*picture.notes, FIELD_NOTE) if is_bounded else picture.notes


def blacken_outside_round_field(result: np.ndarray, pixels: np.ndarray, white: int | None = None) -> bool:
    """Make an enhanced colour picture 0 outside the round field of view of the given one; say whether it has one.

    Args:
        result: (H, W, 3) or (H, W, 4), changed in place; alpha is kept.
        pixels: The given picture, of the same shape and type.
        white: The value that is white; None: the largest that the type can hold.
    """
    from ..images.pictures import to_uint8
    from ..images.round_field import find_round_field

    field = find_round_field(to_uint8(pixels[..., :3] / _find_white(pixels, white)))
    if field is None:
        return False
    result[~field, :3] = 0
    return True


def _find_white(pixels: np.ndarray, white: int | None) -> float:
    import numpy as np

    return float(white or np.iinfo(pixels.dtype).max)


def enhance_pixels(method: Any, pixels: np.ndarray, tile: int = 0, white: int | None = None) -> np.ndarray:
    """Enhance pixels of any depth; colour and alpha are kept.

    A method for RGB images gets them as they are. Of colour images, a method for grey ones gets the luminance, and its
    change is added to red, green and blue, which leaves both colour differences (Cb, Cr) as they are.

    Args:
        method: Ready to enhance.
        pixels: (H, W) or (H, W, C), C = 2 (grey, alpha), 3 or 4; uint8 or uint16.
        tile: See :func:`sspbench.images.tiling.apply_in_tiles`.
        white: The value that is white, brighter ones become it; None: the largest that the type can hold.

    Raises:
        UserError: the method returned another shape or values that are not finite, or is for RGB images and the image
            is grey.
    """
    import numpy as np

    from ..images.tiling import apply_in_tiles

    def enhance_planes(planes: np.ndarray) -> np.ndarray:
        return apply_in_tiles(lambda part: _enhance_part(method, part), planes, tile)

    top = _find_white(pixels, white)
    planes = pixels if pixels.ndim == 3 else pixels[..., None]
    colours = planes.shape[2] - (planes.shape[2] in (2, 4))
    values = np.minimum(planes[..., :colours].astype(np.float32) / np.float32(top), np.float32(1))
    if colours != 3 and method.channels == 3:
        hint = "give its colour version, or use a run on grey images"
        raise UserError("The picture is grey, and this method was trained on colour images", hint=hint)
    if method.channels == 3:
        values = np.moveaxis(enhance_planes(np.moveaxis(values, 2, 0)), 0, 2)
    elif colours == 3:
        light = (values @ np.array(ENHANCEMENT_RULES.luminance)).astype(np.float32)
        values = values + (enhance_planes(light) - light)[..., None]
    else:
        values = enhance_planes(values[..., 0])[..., None]
    result = planes.copy()
    result[..., :colours] = np.rint(np.clip(values, 0.0, 1.0) * top).astype(pixels.dtype)
    return result.reshape(pixels.shape)


def _enhance_part(method: Any, planes: np.ndarray) -> np.ndarray:
    """Enhance (H, W) or (3, H, W) float32 in [0, 1] as a batch of one."""
    import numpy as np

    from ..stages.enhance import explain_small_picture

    image = planes.reshape(1, -1, *planes.shape[-2:])
    try:
        result: np.ndarray = np.asarray(method.enhance(image.copy()))
    except (RuntimeError, ValueError) as error:
        raise explain_small_picture(method, image) or error from error
    if result.shape != image.shape:
        why, hint = f"{result.shape} for {image.shape}", "see which rule it breaks: check-method NAME"
        raise UserError("The method returned another shape", why=why, hint=hint)
    if not np.isfinite(result).all():
        raise UserError(
            "The method returned values that are not finite", hint="see which rule it breaks: check-method NAME"
        )
    return result.reshape(planes.shape)


def _summary_lines(outcome: EnhanceOutcome, others: int, output: Path) -> Iterator[str]:
    parts = {
        "enhanced": outcome.enhanced,
        "kept, already there (--force overwrites)": outcome.kept,
        "failed": len(outcome.failed),
        "left out, no images": others,
    }
    yield f"{output}: " + ", ".join(f"{count} {what}" for what, count in parts.items() if count or what == "enhanced")
    if outcome.enhanced:
        yield f"  {outcome.enhanced / max(outcome.seconds, 1e-9):.3g} images per second, reading and writing included"
    for note in dict.fromkeys(note for _, note in outcome.notes):
        names = [name for name, one in outcome.notes if one == note]
        yield f"  note: {len(names)} {'file' if len(names) == 1 else 'files'}, e.g. {names[0]}: {note}"
    for name, reason in outcome.failed:
        yield f"  {name}: " + reason.replace("\n", "\n    ")
