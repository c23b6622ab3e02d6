"""Colour fundus photographs of your own: checked whole, then written as 8-bit RGB PNG with their fields of view."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sspbench import (
    PAIR_TYPES,
    SPLITS,
    Faults,
    InspectedImage,
    LabelFacts,
    PrepareRequest,
    UserError,
    add_duplicate_name_faults,
    add_unusable_sets,
    find_field_of_view,
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

from .splits import choose_splits, draw_patients, find_shared_patients, patient_of, read_labels


@dataclass(frozen=True)
class _Photograph:
    """A file, its split, and its masks where there are any."""

    path: Path
    split: str
    vessels: Path | None = None
    field_of_view: Path | None = None


def prepare(request: PrepareRequest) -> None:
    """Check every file of ``request.source`` and write it as PNG; see ``README.md`` for layout and options.

    Besides the splits it writes ``fields_of_view.json`` (how each was found) and, with pairs, ``degradations.json``.

    Raises:
        UserError: all missing splits, unreadable or grey files, masks of another size and patients in two splits.
    """
    if request.source is None:
        hint = "give a folder or an archive with trainA, trainB, testA"
        raise UserError("The data set 'fundus' needs your photographs", where="config: data_root", hint=hint)
    with open_source(request.source, request.output.parent) as place:
        photographs = _list_by_labels(place, request) if request.options["eyeq"] else _list_by_folder(place, request)
        photographs = _take_pairs(photographs, request)
        _check(photographs, place)
        _Writer(request, place, photographs).write()


def _list_by_folder(place: Path, request: PrepareRequest) -> list[_Photograph]:
    """Return the photographs of the folders trainA, trainB and testA, with the masks beside them."""
    photographs = []
    for split in SPLITS:
        images = _by_name(place / split)
        masks = {kind: _by_name(place / f"{split}_{kind}") for kind in ("labels", "fov")}
        for name, path in images.items():
            photographs.append(_Photograph(path, split, masks["labels"].get(name), masks["fov"].get(name)))
        for kind, found in masks.items():
            stray = [path.name for name, path in found.items() if name not in images]
            if stray:
                request.add_note(f"of {split}_{kind} not used: no photograph has this name", stray)
    return photographs


def _by_name(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by name without ending.

    Raises:
        UserError: two have the same name; one of them would take the other's place.
    """
    paths = list_images(folder)
    with Faults("The photographs cannot be used", where=str(folder)) as faults:
        add_duplicate_name_faults({path: path.stem for path in paths}, faults)
        faults.shorten_paths(folder)
    return {path.stem: path for path in paths}


def _list_by_labels(place: Path, request: PrepareRequest) -> list[_Photograph]:
    """Return the photographs that EyeQ's labels put into a split."""
    paths = _by_name(place)
    splits = choose_splits(read_labels(Path(request.options["eyeq"])), paths.keys(), request.seed)
    unused = sorted(str(path.name) for name, path in paths.items() if name not in splits)
    if unused:
        request.add_note("not used: rejected, without a label, or left out so that the grades match", unused)
    return [_Photograph(paths[name], split) for name, split in splits.items()]


def _take_pairs(photographs: list[_Photograph], request: PrepareRequest) -> list[_Photograph]:
    """Move the photographs of some patients from their split to the test, where pairs are asked for."""
    options = request.options["degrade"]
    if options["from"] is None:
        return photographs
    good = [one.path.stem for one in photographs if one.split == options["from"]]
    patients = draw_patients(good, options["share"], request.seed) if good else set()
    own_test = [one for one in photographs if one.split == "testA"]
    if own_test:
        request.add_note("of testA not used: the test is made of good photographs", [one.path.name for one in own_test])
    kept = [one for one in photographs if one.split != "testA"]
    moved = []
    for one in kept:
        is_drawn = patient_of(one.path.stem) in patients
        if one.split == options["from"]:
            moved.append(replace(one, split="testA") if is_drawn else one)
        elif not is_drawn:
            moved.append(one)
    return moved


def _check(photographs: list[_Photograph], place: Path) -> None:
    with Faults("The photographs cannot be used", where=str(place)) as faults:
        for split in SPLITS:
            if not any(one.split == split for one in photographs):
                faults.add(f"No photographs for {split}", hint="poor: trainA, testA; good: trainB")
        labels: dict[str, list[LabelFacts]] = {}
        for one in photographs:
            vessels = _check_photograph(one, place, faults)
            if vessels is not None:
                labels.setdefault(f"{one.split}_labels", []).append(vessels.label)
        add_unusable_sets(labels, None, faults, "give vessel masks that are black and white, white being vessel")
        names = {split: [one.path.stem for one in photographs if one.split == split] for split in SPLITS}
        for patient, where in find_shared_patients(names).items():
            hint = "keep the photographs of a patient in one split"
            faults.add(f"Patient {patient!r} is in several splits", where=", ".join(where), hint=hint)
        faults.shorten_paths(place)


def _check_photograph(one: _Photograph, place: Path, faults: Faults) -> InspectedImage | None:
    """Check a photograph and its masks; return what is known of the mask of its vessels."""
    where = str(one.path.relative_to(place))
    picture = inspect_image(one.path, faults)
    if picture is None:
        return None
    if picture.is_grey:
        faults.add(
            "A photograph is grey", where=where, why="this data set is in colour", hint="use the data set 'folder'"
        )
    if picture.top is not None:
        faults.add("A photograph has 16 bits a channel", where=where, hint="save it with 8 bits a channel")
    masks = {path: inspect_image(path, faults) for path in (one.vessels, one.field_of_view) if path is not None}
    for mask, seen in masks.items():
        if seen is not None and seen.size != picture.size:
            why = f"{seen.size} instead of {picture.size} pixels (width, height)"
            faults.add(
                "A mask has another size than its photograph",
                where=str(mask.relative_to(place)),
                why=why,
                hint="give a mask of the photograph's size",
            )
    return masks[one.vessels] if one.vessels is not None else None


class _Writer:
    """Writes the splits, and remembers what was done."""

    def __init__(self, request: PrepareRequest, place: Path, photographs: list[_Photograph]) -> None:
        self.request, self.place, self.photographs = request, place, photographs
        self.sources: dict[str, Any] = {}
        self.fields: dict[str, Any] = {}
        self.degradations: dict[str, Any] = {}
        self.patients: dict[str, str] = {}

    def write(self) -> None:
        """Write all photographs, their masks, and the records."""
        makes_pairs = self.request.options["degrade"]["from"] is not None
        for done, one in enumerate(self.photographs, start=1):
            is_pair = makes_pairs and one.split == "testA"
            kinds = self.request.options["degrade"]["per"] if is_pair else [None]
            self._write_photograph(one, kinds, seed=[self.request.seed, done])
            self.request.progress(done, len(self.photographs))
        output = self.request.output
        # Where each name stands alone, nothing says that these are different patients.
        if len(set(self.patients.values())) < len(self.patients):
            self.request.record("subject", self.patients)
        write_json(output / "sources.json", {"files": self.sources})
        write_json(output / "fields_of_view.json", self.fields)
        if self.degradations:
            record_degradations(self.request, self.degradations)

    def _write_photograph(self, one: _Photograph, kinds: list[Any], seed: list[int]) -> None:
        output, pixels = self.request.output, read_rgb(one.path)
        inside, source = self._find_field(one, pixels)
        pixels = pixels * inside[..., None]
        for kind in kinds:
            name = f"{one.path.stem}.png" if kind is None else f"{one.path.stem}_{kind}.png"
            if kind is None:
                write_rgb(output / one.split / name, pixels)
            else:
                number = PAIR_TYPES.index(kind)
                drawn = write_degraded(output / one.split, name, pixels, inside, kind, [*seed, number])
                self.degradations |= drawn
                write_rgb(output / f"{one.split}_clean" / name, pixels)
            write_grey(output / f"{one.split}_fov" / name, inside.astype(np.uint8) * np.uint8(255))
            if one.vessels is not None:
                write_grey(output / f"{one.split}_labels" / name, read_label(one.vessels))
            target = f"{one.split}/{name}"
            self.patients[target] = patient_of(one.path.stem)
            self.sources[target] = {"from": str(one.path.relative_to(self.place)), "sha256": sha256(one.path)}
            self.fields[target] = {"from": source, "share": round(float(inside.mean()), 4)}

    def _find_field(self, one: _Photograph, pixels: np.ndarray) -> tuple[np.ndarray, str]:
        """Return the field of view and where it comes from: ``file``, ``threshold`` or ``circle``."""
        if one.field_of_view is not None:
            return read_label(one.field_of_view) > 0, "file"
        try:
            found = find_field_of_view(pixels)
        except UserError as error:
            error.where = str(one.path.relative_to(self.place))
            raise
        return found.mask, found.source
