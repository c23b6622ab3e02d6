"""Import DRIVE: good photographs, half of the training ones and all test ones degraded, with their masks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sspbench import (
    PAIR_TYPES,
    Faults,
    InspectedImage,
    PrepareRequest,
    UserError,
    add_unusable_sets,
    inspect_image,
    list_images,
    open_source,
    read_label,
    read_rgb,
    record_degradations,
    sha256,
    write_degraded,
    write_grey,
    write_json,
    write_rgb,
)

README = "data/drive/README.md"

# Number of pictures in each part.
COUNT = 20


@dataclass(frozen=True)
class _Picture:
    """Files of one photograph; the vessel mask is None where this copy has none."""

    name: str
    image: Path
    field_of_view: Path
    vessels: Path | None


def prepare(request: PrepareRequest) -> None:
    """Convert ``request.source``, a folder or an archive in DRIVE's own layout.

    Besides the splits it writes ``degradations.json``: what was done to each degraded photograph, by its path.

    Raises:
        UserError: files are missing or have another size than their photograph.
    """
    if request.source is None:
        raise UserError("DRIVE needs your copy", where="config: data_root", hint=f"where to ask: {README}")
    with open_source(request.source, request.output.parent) as place:
        root = _find_root(place)
        training, test = _list_pictures(root, "training"), _list_pictures(root, "test")
        _Writer(request, root, len(training) + len(test)).write(training, test)


def _find_root(place: Path) -> Path:
    for folder in sorted([place, *place.glob("*/"), *place.glob("*/*/")]):
        if all((folder / part / "images").is_dir() for part in ("training", "test")):
            return folder
    raise UserError("The folders training/images and test/images are missing", where=str(place), hint=f"see {README}")


def _list_pictures(root: Path, part: str) -> list[_Picture]:
    """Return the photographs of one part by number, with their masks.

    Raises:
        UserError: every missing file at once.
    """
    pictures = []
    with Faults("This copy of DRIVE cannot be used") as faults:
        manual: list[InspectedImage | None] = []
        images = [path for path in list_images(root / part / "images") if path.suffix == ".tif"]
        if len(images) != COUNT:
            faults.add(f"{part}/images has {len(images)} .tif files, not {COUNT}", hint="get the files again")
        for image in images:
            number = image.name[:2]
            mask = root / part / "mask" / f"{number}_{part}_mask.gif"
            vessels = root / part / "1st_manual" / f"{number}_manual1.gif"
            if not mask.is_file():
                where = str(mask.relative_to(root))
                faults.add("A photograph has no field-of-view mask", where=where, hint="get the file again")
            if vessels.is_file():
                manual.append(inspect_image(vessels, faults))
            pictures.append(_Picture(f"{number}_{part}", image, mask, vessels if vessels.is_file() else None))
        labels = [one.label for one in manual if one is not None]
        add_unusable_sets({f"{part}/1st_manual": labels}, None, faults, "get the files again")
    return pictures


class _Writer:
    """Writes the splits, and remembers where each file came from."""

    def __init__(self, request: PrepareRequest, root: Path, total: int) -> None:
        self.request, self.root, self.total = request, root, total
        self.done = 0
        self.sources: dict[str, Any] = {}
        self.degradations: dict[str, Any] = {}

    def write(self, training: list[_Picture], test: list[_Picture]) -> None:
        """Write all splits."""
        order = np.random.default_rng(self.request.seed).permutation(len(training))
        low = {training[index].name for index in order[: self.request.options["train_low"]]}
        for index, picture in enumerate(training):
            if picture.name in low:
                kind = PAIR_TYPES[index % len(PAIR_TYPES)]
                self._write_poor("trainA", picture, {f"{picture.name}.png": kind})
            else:
                photograph, _ = self._write_masks("trainB", picture, [f"{picture.name}.png"])
                write_rgb(self.request.output / "trainB" / f"{picture.name}.png", photograph)
        for picture in test:
            kinds = self.request.options["per"]
            self._write_poor("testA", picture, {f"{picture.name}_{kind}.png": kind for kind in kinds})
        write_json(self.request.output / "sources.json", {"files": self.sources})
        record_degradations(self.request, self.degradations)

    def _write_poor(self, split: str, picture: _Picture, names: dict[str, Any]) -> None:
        """Write a photograph degraded in several ways; of test pictures also the good one."""
        photograph, inside = self._write_masks(split, picture, list(names))
        number = int(picture.name[:2])
        for name, kind in names.items():
            seed = [self.request.seed, number, PAIR_TYPES.index(kind)]
            self.degradations |= write_degraded(self.request.output / split, name, photograph, inside, kind, seed)
            if split == "testA":
                write_rgb(self.request.output / "testA_clean" / name, photograph)

    def _write_masks(self, split: str, picture: _Picture, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Write the masks of one photograph under each name; return it, black outside, and its field of view."""
        photograph = read_rgb(picture.image)
        masks = {"fov": read_label(picture.field_of_view)}
        if picture.vessels is not None:
            masks["labels"] = read_label(picture.vessels)
        for kind, mask in masks.items():
            if mask.shape != photograph.shape[:2]:
                why = f"{mask.shape} instead of {photograph.shape[:2]} pixels (rows, columns)"
                hint = "get the files again: a mask has the size of its photograph"
                what = f"A {kind} mask has another size than its photograph"
                raise UserError(what, where=picture.name, why=why, hint=hint)
            for name in names:
                write_grey(self.request.output / f"{split}_{kind}" / name, mask)
        for name in names:
            origin = {"from": str(picture.image.relative_to(self.root)), "sha256": sha256(picture.image)}
            self.sources[f"{split}/{name}"] = origin
        self.done += 1
        self.request.progress(self.done, self.total)
        inside = masks["fov"] > 0
        return photograph * inside[..., None], inside
