"""Verify the Qilu data set and split it into LQ, HQ and test images with their masks (rule: README.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sspbench import (
    Faults,
    InspectedImage,
    PrepareRequest,
    UserError,
    add_change_notes,
    add_duplicate_name_faults,
    add_label_faults,
    add_unusable_sets,
    decide_whites,
    inspect_image,
    list_images,
    open_source,
    raw_file_path,
    read_grey,
    read_label,
    record_pixel_sizes,
    sha256,
    write_grey,
    write_json,
)

from .splitting import FrameQuality, assign_splits, group_by_subject, measure_frame_quality, rank_quality

DATASET_DIR = Path(__file__).resolve().parent
WHITE = "dataset_options={white: N}"
MASKS_HINT = "get the data set again: white is nerve"
SHARE_OPTIONS = ("low", "high", "test")


@dataclass(frozen=True)
class _QiluImage:
    path: Path
    mask: Path
    picture: InspectedImage
    quality: FrameQuality
    white: int


def prepare(request: PrepareRequest) -> None:
    """Prepare the download, or ``request.source``: its archive, or a folder with ``images`` and ``annotations``.

    Raises:
        UserError: the archive is not the published one, or its content is not what ``dataset.yaml`` says.
    """
    shares = _read_shares(request.options)
    source = _find_source(request)
    with open_source(source, request.output.parent) as place:
        root = _find_root(place, source)
        images = _verify_images(root, request)
        rated = rank_quality([image.quality for image in images])
        names = [image.path.stem for image in images]
        groups, carried = group_by_subject(names, [image.picture.digests for image in images])
        splits = assign_splits(groups, rated, shares, request.seed)
        targets = {
            f"{split}/{one.path.stem}.png": one.picture for one, split in zip(images, splits, strict=True) if split
        }
        record_pixel_sizes(request, {"images": targets}, root)
        if carried:
            chosen = zip(images, splits, groups, strict=True)
            subjects = {f"{split}/{image.path.stem}.png": group for image, split, group in chosen if split}
            request.record("subject", subjects)
        _write_splits(images, splits, request)
    rows = [
        {
            "image": image.path.name,
            "subject": group,
            "sharpness": round(image.quality.sharpness, 6),
            "evenness": round(image.quality.evenness, 6),
            "quality": round(float(value), 6),
            "split": chosen,
        }
        for image, group, value, chosen in zip(images, groups, rated, splits, strict=True)
    ]
    facts = {"subjects_in_names": carried, "subjects": len(set(groups)), "seed": request.seed}
    write_json(
        request.output / "split.json", {**facts, "rule": dict(zip(SHARE_OPTIONS, shares, strict=True)), "images": rows}
    )


def _read_shares(options: Mapping[str, Any]) -> tuple[float, float, float]:
    low, high, test = (float(options[name]) for name in SHARE_OPTIONS)
    if low + high > 1:
        hint = "an image cannot be both"
        raise UserError("low and high together exceed 1", where="config: dataset_options", hint=hint)
    return low, high, test


def _find_source(request: PrepareRequest) -> Path:
    """Return the archive or folder; an archive has been verified."""
    facts = yaml.safe_load((DATASET_DIR / "dataset.yaml").read_text())["download"]
    source = request.source or raw_file_path(DATASET_DIR, facts["url"])
    if not source.exists():
        raise UserError("Qilu has not been downloaded yet", where=str(source), hint="python -m sspbench download qilu")
    if source.is_file() and request.options["verify"]:
        size = source.stat().st_size
        if size != facts["bytes"] or sha256(source) != facts["sha256"]:
            raise UserError(
                "This is not the published archive",
                where=str(source),
                why=f"{size} bytes; published: {facts['bytes']} bytes, sha256 {facts['sha256']}",
                hint="python -m sspbench download qilu, or accept it: dataset_options={verify: false}",
            )
    return source


def _find_root(place: Path, source: Path) -> Path:
    for folder in sorted([place, *place.glob("*/"), *place.glob("*/*/")]):
        if (folder / "images").is_dir() and (folder / "annotations").is_dir():
            return folder
    raise UserError("The folders images and annotations are missing", where=str(source), hint="see data/qilu/README.md")


def _verify_images(root: Path, request: PrepareRequest) -> list[_QiluImage]:
    images, masks = list_images(root / "images"), list_images(root / "annotations")
    wanted, total = request.options["images"], len(images) + len(masks)
    pictures: dict[Path, InspectedImage | None] = {}
    with Faults("The Qilu data set cannot be used") as faults:
        for kind, paths in (("images", images), ("annotations", masks)):
            if wanted is not None and len(paths) != wanted:
                hint = "get it again, or options: images: null"
                faults.add(f"{kind} has {len(paths)} files, not {wanted}", hint=hint)
            elif not paths:
                faults.add(f"The folder {kind} holds no images", hint="get the data set again")
            add_duplicate_name_faults({path: path.stem for path in paths}, faults)
        for done, path in enumerate([*images, *masks], start=1):
            pictures[path] = inspect_image(path, faults)
            request.progress(done, 2 * total)
        by_name = {path.stem: path for path in masks}
        named = {path.stem: pictures[path] for path in images}
        add_label_faults(named, {name: pictures[path] for name, path in by_name.items()}, faults, by_name)
        for path in images:
            if path.stem not in by_name:
                hint = "get the data set again, or remove the image"
                faults.add("An image has no mask of its name", where=str(path), hint=hint)
        labels = [picture for path in masks if (picture := pictures[path]) is not None]
        add_unusable_sets({"annotations": [one.label for one in labels]}, None, faults, MASKS_HINT)
        seen = [picture.brightness for path in images if (picture := pictures[path]) is not None]
        whites = decide_whites({"images": seen}, {"images": request.options["white"]}, WHITE, faults)
        faults.shorten_paths(root)
    white = whites["images"]
    request.record("white", [white.as_json()])
    readable = [(path, picture) for path in images if (picture := pictures[path]) is not None]
    add_change_notes(request, root, {"images": [picture for _, picture in readable]}, labels, whites)
    return [
        _QiluImage(path, by_name[path.stem], picture, measure_frame_quality(read_grey(path, white.white)), white.white)
        for path, picture in readable
    ]


def _write_splits(images: list[_QiluImage], splits: list[str | None], request: PrepareRequest) -> None:
    sources = {}
    for done, (image, chosen) in enumerate(zip(images, splits, strict=True), start=1):
        request.progress(2 * (len(images) + done), 4 * len(images))
        if chosen is None:
            continue
        for folder, path in ((chosen, image.path), (f"{chosen}_labels", image.mask)):
            target = f"{folder}/{image.path.stem}.png"
            write_grey(request.output / target, read_grey(path, image.white) if folder == chosen else read_label(path))
            sources[target] = {"from": f"{path.parent.name}/{path.name}", "sha256": sha256(path)}
    write_json(request.output / "sources.json", {"files": sources})
