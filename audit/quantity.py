"""The vocabulary of the audit: which quantities the rules know, by any of their names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Quantity:
    """A quantity a table can hold.

    Attributes:
        key: Its name in the rules, e.g. ``sensitivity``.
        label: Its short name in texts, e.g. ``SEN``.
        low: The smallest value one image can have.
        high: The largest value one image can have (may be infinite).
        better: The true direction of the definition: ``higher`` or ``lower``.
        unit: Unit, empty for none.
    """

    key: str
    label: str
    low: float
    high: float
    better: str
    unit: str = ""
    aliases: frozenset[str] = field(default=frozenset(), compare=False)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


@cache
def quantities() -> dict[str, Quantity]:
    """Read the vocabulary from ``quantities.yaml``."""
    content = yaml.safe_load((Path(__file__).parent / "quantities.yaml").read_text())
    found = {}
    for key, entry in content.items():
        low, high = entry["range"]
        names = {_plain(key), _plain(entry["label"]), *entry["aliases"]}
        found[key] = Quantity(
            key, entry["label"], low, math.inf if high is None else high, entry["better"],
            entry.get("unit", ""), frozenset(names),
        )  # fmt: skip
    return found


def find_quantity(name: str) -> Quantity | None:
    """Find the quantity called ``name`` (key, label or alias; case, spaces and dashes do not matter)."""
    for quantity in quantities().values():
        if _plain(name) in quantity.aliases:
            return quantity
    return None
