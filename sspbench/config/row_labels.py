"""Labels of the tables' rows: no two alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..checkout import display_path
from ..errors import Faults


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
