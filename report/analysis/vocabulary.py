"""The words for what the labels of a data set show: one vocabulary per structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Vocabulary:
    """The words for one structure.

    Attributes:
        noun: The structure as a mass or a single one, e.g. ``nerve``.
        plural: Several of them.
        paper_applies: Whether the paper whose tables the suite reproduces is about it.
    """

    noun: str
    plural: str
    paper_applies: bool


# By ``structure`` of ``dataset.yaml``; a family of measures declares itself which structures it can measure.
VOCABULARIES: Mapping[str, Vocabulary] = MappingProxyType(
    {
        "nerve": Vocabulary("nerve", "nerves", paper_applies=True),
        "vessel": Vocabulary("vessel", "vessels", paper_applies=False),
    }
)
