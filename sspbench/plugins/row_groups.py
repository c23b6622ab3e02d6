"""The groups of rows: in which order tables show them, and their headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN_GROUP = "own"
"""The group of a method whose YAML names none: someone's own folder."""

ROW_GROUPS: Mapping[str, str] = {
    "untouched": "Untouched input",
    "trivial": "Trivial methods",
    "paper": "Methods of the paper",
    "others": "Other published methods",
    OWN_GROUP: "Own methods",
    "external": "Enhanced outside the suite",
    "oracle": "Known truth, seen by no method",
}
"""Headings by group, in the order of the rows."""

UNTRAINED_VARIANT = "untrained"
"""The variant of every learned method that is built from the seed and does no training step: a trivial method."""

UNTRAINED_HEADING = "Untrained networks"
"""The heading of those rows, which stand last among the trivial ones."""

ROW_GROUP_ORDER = {group: place for place, group in enumerate(ROW_GROUPS)}


def row_group(meta: Mapping[str, Any]) -> str:
    """Return the group of a method from its YAML.

    >>> row_group({"label": "My method"})
    'own'
    """
    return str(meta.get("group", OWN_GROUP))
