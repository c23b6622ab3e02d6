"""One run: a method, maybe with a variant or reading, under one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..checkout import display_path
from ..errors import Faults
from ..plugins.discovery import Plugin
from ..plugins.row_groups import ROW_GROUP_ORDER, ROW_GROUPS, UNTRAINED_HEADING, UNTRAINED_VARIANT, row_group
from .external_rows import EXTERNAL_KIND

DEFAULT_RANK = 50
"""The rank, within its group, of a method whose YAML gives none."""


@dataclass(frozen=True)
class Run:
    """A method, maybe with a variant or reading, under one seed."""

    plugin: Plugin
    variant: str | None
    seed: int

    @property
    def id(self) -> str:
        """``method`` or ``method+variant``: its folder in the results."""
        return self.plugin.name + (f"+{self.variant}" if self.variant else "")

    @property
    def kind(self) -> str:
        """``classical``, ``learned``, ``control`` or ``external``."""
        return str(self.plugin.meta["kind"])

    @property
    def is_external(self) -> bool:
        """Whether its images were enhanced elsewhere."""
        return self.kind == EXTERNAL_KIND

    @property
    def is_learned(self) -> bool:
        """Whether its method has networks, and so weights."""
        return self.kind == "learned"

    @property
    def is_untrained(self) -> bool:
        """Whether its networks are left as they were built."""
        return self.is_learned and self.variant == UNTRAINED_VARIANT

    @property
    def label(self) -> str:
        """Name in tables and figures."""
        return run_label(self.plugin, self.variant)

    @property
    def group(self) -> str:
        """The group of rows it is in: a key of :data:`sspbench.plugins.row_groups.ROW_GROUPS`."""
        return "trivial" if self.is_untrained else row_group(self.plugin.meta)

    @property
    def heading(self) -> str:
        """The words over the rows it stands among."""
        return UNTRAINED_HEADING if self.is_untrained else ROW_GROUPS[self.group]

    @property
    def sort_key(self) -> tuple[int, bool, int, str, str]:
        """What rows are sorted by: group, untrained ones last, rank, name, variant."""
        rank = self.plugin.meta.get("rank", DEFAULT_RANK)
        return ROW_GROUP_ORDER[self.group], self.is_untrained, rank, self.plugin.name, self.variant or ""


def run_label(plugin: Plugin, variant: str | None) -> str:
    """Return the label of a method or of its variant."""
    if variant is None:
        return plugin.label
    if variant == UNTRAINED_VARIANT:
        return f"{plugin.label}, untrained"
    return str(plugin.meta.get("labels", {}).get(variant, f"{plugin.label} ({variant})"))


def reject_duplicate_labels(rows: Mapping[str, tuple[str, Path]]) -> None:
    """Refuse rows that a reader of the tables could not distinguish.

    Args:
        rows: Label and plugin folder by row (``method`` or ``method+variant``).

    Raises:
        UserError: all labels that several rows share, regardless of their case and spacing.
    """
    alike: dict[str, list[str]] = {}
    for row, (label, _) in rows.items():
        alike.setdefault(" ".join(label.casefold().split()), []).append(row)
    with Faults("Rows of the tables have the same label") as faults:
        for same in alike.values():
            if len(same) > 1:
                folders = dict.fromkeys(display_path(rows[row][1]) for row in same)
                faults.add(
                    f"The label {rows[same[0]][0]!r} is that of {', '.join(same)}",
                    where=", ".join(folders),
                    hint="give each its own label (label: or, for variants, labels:)",
                )
