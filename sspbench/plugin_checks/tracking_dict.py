"""Parameters that remember which of them were read, to find those that do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class TrackingDict(dict[str, Any]):
    """A dict whose reads are noted; sections in it are watched too.

    >>> params = TrackingDict({"gamma": 0.5, "weights": {"a": 1.0, "b": 2.0}}, used := set())
    >>> params["weights"]["a"]
    1.0
    >>> sorted(leaf_paths(params) - used)
    ['gamma', 'weights.b']

    Args:
        content: The resolved parameters.
        used: Collects the paths of what is read.
        prefix: Path of this section.
    """

    def __init__(self, content: dict[str, Any], used: set[str], prefix: str = "") -> None:
        super().__init__()
        self._used, self._prefix = used, prefix
        for key, value in dict.items(content):
            path = f"{prefix}{key}"
            super().__setitem__(
                key, TrackingDict(value, used, f"{path}.") if isinstance(value, dict) and value else value
            )

    def __getitem__(self, key: str) -> Any:
        self._used.add(f"{self._prefix}{key}")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value as ``dict.get`` does."""
        self._used.add(f"{self._prefix}{key}")
        return super().get(key, default)

    def __iter__(self) -> Iterator[str]:
        # Without its own method, dict(params) and **params would copy the values past __getitem__.
        return super().__iter__()

    def items(self) -> list[tuple[str, Any]]:  # type: ignore[override]  # a list: its values are read already
        """Return all pairs; all count as read."""
        return [(key, self[key]) for key in self]

    def values(self) -> list[Any]:  # type: ignore[override]
        """Return all values; all count as read."""
        return [self[key] for key in self]


def leaf_paths(params: dict[str, Any], prefix: str = "") -> set[str]:
    """Return the paths of all parameters, ``section.key`` for those in sections."""
    found: set[str] = set()
    for key, value in dict.items(params):
        found |= leaf_paths(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}"}
    return found
