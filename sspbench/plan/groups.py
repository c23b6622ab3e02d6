"""The groups of rows: in which order tables show them, and their headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OWN = "own"
"""The group of a method whose YAML names none: somebody's own folder."""

GROUPS: Mapping[str, str] = {
    "untouched": "Untouched input",
    "trivial": "Trivial methods",
    "paper": "Methods of the paper",
    "others": "Other published methods",
    OWN: "Own methods",
    "external": "Images made elsewhere",
    "oracle": "Known truth, seen by no method",
}
"""Headings by group, in the order of the rows."""

UNTRAINED = "untrained"
"""The variant of every learned method that is built from the seed and does no training step: a trivial method."""

UNTRAINED_HEADING = "Untrained networks"
"""The heading of those rows, which stand last among the trivial ones."""

ORDER = {group: place for place, group in enumerate(GROUPS)}


def group_of(meta: Mapping[str, Any]) -> str:
    """Return the group of a method from its YAML.

    >>> group_of({"label": "My method"})
    'own'
    """
    return str(meta.get("group", OWN))
