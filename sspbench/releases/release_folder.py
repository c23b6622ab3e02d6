"""Where a release lies, what belongs to it, and whether its files are as they were published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..files import read_mapping, sha256, write_text

SUMS_FILE = "SHA256SUMS"
"""Hashes of all files beside it, for ``sha256sum --check``."""

DERIVED_SUMS_FILE = "REMADE.sha256"
"""Hashes of what the scores give but is too large to keep: ``reproduce-tables --keep DIR`` writes it."""

RESTORE_HINT = "get the release anew: git checkout -- results/published"
"""How to mend a release that was changed or cut."""

RELEASE_RECORD = "release.json"
RECORD_TYPES: Mapping[str, type] = {
    **dict.fromkeys(("release", "preset"), str),
    **dict.fromkeys(("dataset", "config", "commits", "environments", "cost"), dict),
    "seeds": list,
    "digits": int,
}
"""What ``release.json`` always says, and in which form."""

PUBLISHED_DIR = "published"
MAX_RELEASE_BYTES = 2_000_000
"""The most that a release may weigh."""

RELEASE_NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class ReleasePart:
    """One data set under one preset of a release: ``results/published/<release>/<dataset>/<preset>``.

    Attributes:
        folder: Where it lies.
    """

    folder: Path

    @property
    def name(self) -> str:
        """``<release>/<dataset>/<preset>``."""
        return "/".join(self.folder.resolve().parts[-3:])

    @property
    def record(self) -> dict[str, Any]:
        """What ``release.json`` says.

        Raises:
            UserError: it cannot be read, or does not say all that a release says.
        """
        facts = read_mapping(self.folder / RELEASE_RECORD)
        wrong = [name for name, kind in RECORD_TYPES.items() if not isinstance(facts.get(name), kind)]
        if wrong:
            why = f"it does not say, or not in the form that this version writes: {', '.join(wrong)}"
            raise UserError(
                "A release cannot be read", where=str(self.folder / RELEASE_RECORD), why=why, hint=RESTORE_HINT
            )
        return facts

    @property
    def scores(self) -> Path:
        """The folder of scores."""
        return self.folder / "scores"

    @property
    def tables(self) -> Path:
        """The folder of tables."""
        return self.folder / "tables"

    @property
    def figures(self) -> Path:
        """The folder of figures that are made of numbers."""
        return self.folder / "figures"

    def list_files(self) -> list[str]:
        """Return all files but the sums, relative, sorted."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return sorted(str(path.relative_to(self.folder)) for path in found if path != self.folder / SUMS_FILE)

    def write_sums_file(self) -> None:
        """Write the sums of all files."""
        write_sums(self.folder / SUMS_FILE, {name: sha256(self.folder / name) for name in self.list_files()})

    def find_changes(self) -> list[str]:
        """Return what is not as it was published, a line each: changed, missing or added files."""
        sums, there = read_sums(self.folder / SUMS_FILE), set(self.list_files())
        changed = [name for name in sums if name in there and sha256(self.folder / name) != sums[name]]
        lines = [f"CHANGED  {name}" for name in changed]
        lines += [f"MISSING  {name}" for name in sums if name not in there]
        return sorted([*lines, *(f"ADDED    {name}" for name in there if name not in sums)])

    def expected_hashes(self) -> dict[str, str]:
        """Return the hashes of all tables and figures, by name, those too large to be kept included."""
        sums = {**read_sums(self.folder / SUMS_FILE), **read_sums(self.folder / DERIVED_SUMS_FILE)}
        return {name: value for name, value in sums.items() if is_derived_file(name)}


def is_derived_file(name: str) -> bool:
    """Return whether a file of a release is computed from its scores; LaTeX is only a layout of the tables' records."""
    return name.startswith(("tables/", "figures/")) and not name.endswith(".tex")


def write_sums(path: Path, sums: Mapping[str, str]) -> None:
    """Write hashes as ``sha256sum`` does."""
    write_text(path, "".join(f"{value}  {name}\n" for name, value in sorted(sums.items())))


def read_sums(path: Path) -> dict[str, str]:
    """Read hashes by file name.

    Raises:
        UserError: there is no such file, or a line of it has another form.
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


def find_release_parts(place: Path) -> list[ReleasePart]:
    """Return the parts of a release, or the one part that ``place`` is.

    Raises:
        UserError: there is none.
    """
    if (place / RELEASE_RECORD).is_file():
        return [ReleasePart(place)]
    found = [ReleasePart(path.parent) for path in sorted(place.glob(f"*/*/{RELEASE_RECORD}"))]
    if not found:
        hint = "give results/published/<release>, or <data set>/<preset> in it"
        raise UserError(
            "This is not a published release", where=str(place), why=f"it has no {RELEASE_RECORD}", hint=hint
        )
    return found


def find_releases(results: Path) -> list[Path]:
    """Return the published releases below a results folder, oldest first by their names: ``v2`` before ``v10``."""
    places: Iterable[Path] = (results / PUBLISHED_DIR).glob("[!.]*")
    return sorted((place for place in places if place.is_dir()), key=lambda place: natural_sort_key(place.name))


def natural_sort_key(name: str) -> list[tuple[bool, int, str]]:
    """Return a key that sorts numbers in names by value.

    >>> sorted(["v10", "v9"], key=natural_sort_key)
    ['v9', 'v10']
    """
    return list(_split_numbers(name))


def _split_numbers(name: str) -> Iterator[tuple[bool, int, str]]:
    for piece in re.findall(r"\d+|\D+", name):
        yield (True, int(piece), "") if piece.isdecimal() else (False, 0, piece)
