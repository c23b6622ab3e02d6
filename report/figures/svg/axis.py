"""An axis: the place of a value on it, and the round values at its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ChartAxis:
    """A range of values.

    Attributes:
        low: Value at its start.
        high: Value at its end, above ``low``.
    """

    low: float
    high: float

    def position(self, value: float) -> float:
        """Return where a value lies: 0 at ``low``, 1 at ``high``."""
        return (value - self.low) / (self.high - self.low)

    def ticks(self, maximum: int = 6) -> list[float]:
        """Return round values inside the range, at most ``maximum``."""
        return _list_round_values(self.low, self.high, maximum)


def _list_round_values(low: float, high: float, maximum: int) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten in a range."""
    power = 10.0 ** math.floor(math.log10((high - low) / maximum))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= maximum)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def make_axis(values: Iterable[float], margin: float = 0.05) -> ChartAxis:
    """Return the axis that holds all finite values with a margin at both ends; around a lone value, one of its size."""
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * margin or abs(high) * margin or margin
    return ChartAxis(low - room, high + room)


def format_tick(value: float, signed: bool = False) -> str:
    """Return a tick as people read it.

    >>> format_tick(0.05, signed=True), format_tick(-0.2), format_tick(0.0, signed=True), format_tick(20000)
    ('+0.05', '−0.2', '0', '20k')
    """
    text = f"{value / 1000:g}k" if abs(value) >= 10000 else f"{value:g}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "\N{MINUS SIGN}")
