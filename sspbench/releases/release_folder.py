"""The folder of a release: its files, and whether they are as published."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_mapping, sha256, write_text

# Hashes of all files beside it, for `sha256sum --check`.
SUMS_FILE = "SHA256SUMS"

# What to do with a release that was changed or truncated.
RESTORE_HINT = "restore the release: git checkout -- results/published"

RELEASE_RECORD = "release.json"

# What ``release.json`` always holds, and of which type.
RECORD_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("release", "preset"), str),
    **dict.fromkeys(("dataset", "config", "commits", "environments", "cost"), dict),
    "seeds": list,
    "digits": int,
}

RELEASES_DIR = Path("results/published")  # where a checkout keeps its releases

# The most that one data set of a release may weigh: five trainings of all methods fit, 36 rows with 16 images each.
MAX_RELEASE_BYTES = 4_000_000

RELEASE_NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class ReleasePart:
    """One data set under one preset of a release: ``results/published/<release>/<dataset>/<preset>``."""

    folder: Path

    @property
    def name(self) -> str:
        """``<release>/<dataset>/<preset>``, by the names of the folders."""
        return "/".join(self.folder.resolve().parts[-3:])

    @property
    def dataset_and_preset(self) -> tuple[str, str]:
        """Data set and preset, by the names of the folders."""
        dataset, preset = self.folder.resolve().parts[-2:]
        return dataset, preset

    @property
    def record(self) -> dict[str, Any]:
        """The contents of ``release.json``.

        Raises:
            UserError: it cannot be read, lacks something, or belongs to a release of an older version.
        """
        if (self.folder / "runs").is_dir():
            hint = "read it with the version that wrote it: the commit is in release.json, under `tables`"
            why = "it has one file per row; since version 1.0 a release has one file for all rows"
            raise UserError("This release has an old form", where=str(self.folder), why=why, hint=hint)
        facts = read_mapping(self.folder / RELEASE_RECORD)
        wrong = [name for name, kind in RECORD_TYPES.items() if not isinstance(facts.get(name), kind)]
        if wrong:
            why = f"these entries are missing or have another type: {', '.join(wrong)}"
            where = str(self.folder / RELEASE_RECORD)
            raise UserError("A release cannot be read", where=where, why=why, hint=RESTORE_HINT)
        return facts

    @property
    def recorded_name(self) -> str:
        """``<release>/<dataset>/<preset>``, by ``release.json``: a part in the making lies in a temporary folder."""
        facts = self.record
        return f"{facts['release']}/{facts['dataset']['id']}/{facts['preset']}"

    @property
    def scores(self) -> Path:
        """The scores: one line per row, seed and image, one column per measure."""
        return self.folder / "scores.csv"

    @property
    def low_scores(self) -> Path:
        """The scores under the segmenter trained on LQ images, where there is one."""
        return self.folder / "scores_low.csv"

    @property
    def notes(self) -> Path:
        """Why values are undefined, one line per value."""
        return self.folder / "notes.csv"

    @property
    def runs(self) -> Path:
        """How every run and every training of the segmenter ended, and what its jobs recorded."""
        return self.folder / "runs.json"

    @property
    def losses(self) -> Path:
        """The logged losses: one line per row, seed and step."""
        return self.folder / "losses.csv"

    @property
    def tables(self) -> Path:
        """The folder of tables."""
        return self.folder / "tables"

    @property
    def figures(self) -> Path:
        """The folder of figures that show numbers."""
        return self.folder / "figures"

    def list_files(self) -> list[str]:
        """Return all files but the sums, relative with ``/``, sorted."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if str(path) != SUMS_FILE)

    def count_bytes(self) -> int:
        """Return the size of all files, the sums included."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def write_sums_file(self) -> None:
        """Write the hashes of all files as ``sha256sum`` does."""
        lines = [f"{sha256(self.folder / name)}  {name}\n" for name in self.list_files()]
        write_text(self.folder / SUMS_FILE, "".join(lines))

    def find_changes(self) -> list[str]:
        """Return one line for each file that was changed, removed or added after publication."""
        sums, there = read_sums(self.folder / SUMS_FILE), set(self.list_files())
        changed = [name for name in sums if name in there and sha256(self.folder / name) != sums[name]]
        lines = [f"CHANGED  {name}" for name in changed]
        lines += [f"MISSING  {name}" for name in sums if name not in there]
        return sorted([*lines, *(f"ADDED    {name}" for name in there if name not in sums)])

    def expected_hashes(self) -> dict[str, str]:
        """Return the hashes of all tables and figures by name, those too large to keep included."""
        sums = read_sums(self.folder / SUMS_FILE)
        kept = {name: value for name, value in sums.items() if name.startswith(("tables/", "figures/"))}
        return {**kept, **self.record["tables"]["large"]}


def read_sums(path: Path) -> dict[str, str]:
    """Read hashes by file name.

    Raises:
        UserError: the file is missing, or a line of it has another form.
    """
    if not path.is_file():
        why, hint = f"it has no {path.name}", "give results/published/<release>/<data set>/<preset>"
        raise UserError("This is not a published release", where=str(path.parent), why=why, hint=hint)
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        value, _, name = line.partition("  ")
        if not re.fullmatch("[0-9a-f]{64}", value) or not name:
            where, why = f"{path}, line {number}", "it is not: 64 hexadecimal digits, two blanks, a name"
            raise UserError("A line of the sums has another form", where=where, why=why, hint=RESTORE_HINT)
        found[name] = value
    return found


def find_release_parts(place: str | Path) -> list[ReleasePart]:
    """Return the parts of a release, or the one part that ``place`` is.

    Args:
        place: The folder of a release or of a part, or the name of a release of this checkout.

    Raises:
        UserError: there is none.
    """
    folder = Path(place) if Path(place).is_dir() else RELEASES_DIR / place
    if (folder / RELEASE_RECORD).is_file():
        return [ReleasePart(folder)]
    found = [ReleasePart(path.parent) for path in sorted(folder.glob(f"*/*/{RELEASE_RECORD}"))]
    if not found:
        why, hint = f"it has no {RELEASE_RECORD}", "give results/published/<release>, or <data set>/<preset> in it"
        raise UserError("This is not a published release", where=str(place), why=why, hint=hint)
    return found


def find_release_part(place: str | Path, wanted: tuple[str, str] | None = None) -> ReleasePart:
    """Return the only part of a release, or of several the one with the wanted data set and preset.

    Raises:
        UserError: no release, or several parts and none is wanted.
    """
    found = find_release_parts(place)
    fitting = found if len(found) == 1 else [part for part in found if part.dataset_and_preset == wanted]
    if not fitting:
        hint = "give one of: " + ", ".join(str(part.folder) for part in found)
        raise UserError("The release has several data sets or presets", where=str(place), hint=hint)
    return fitting[0]


def find_releases() -> list[Path]:
    """Return the releases of this checkout, oldest first by their names: ``v2`` before ``v10``."""
    places = [place for place in RELEASES_DIR.glob("[!.]*") if place.is_dir()]
    return sorted(places, key=lambda place: natural_sort_key(place.name))


def natural_sort_key(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts numbers in names by value.

    >>> sorted(["v10", "v9"], key=natural_sort_key)
    ['v9', 'v10']
    """
    pieces = re.findall(r"\d+|\D+", name)
    return [(True, int(piece), "") if piece.isdecimal() else (False, 0, piece) for piece in pieces]
