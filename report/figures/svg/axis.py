"""An axis: where a value lies on it, and which round values are written beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

AxisScale = Literal["linear", "log", "symlog"]


@dataclass(frozen=True)
class ChartAxis:
    """A range of values.

    Attributes:
        low: Value at its start.
        high: Value at its end, above ``low``.
        kind: ``log`` needs positive values; ``symlog`` is linear up to 1 and logarithmic beyond, on both sides.
    """

    low: float
    high: float
    kind: AxisScale = "linear"

    def position(self, value: float) -> float:
        """Return where a value lies: 0 at ``low``, 1 at ``high``."""
        low, high = self._linearise(self.low), self._linearise(self.high)
        return (self._linearise(value) - low) / (high - low)

    def _linearise(self, value: float) -> float:
        if self.kind == "log":
            return math.log10(value)
        if self.kind == "symlog" and abs(value) > 1:
            return math.copysign(1 + math.log10(abs(value)), value)
        return value

    def ticks(self, maximum: int = 6) -> list[float]:
        """Return round values inside the range, at most ``maximum``."""
        if self.kind == "linear":
            return _list_round_values(self.low, self.high, maximum)
        powers = [10.0**exponent for exponent in range(-6, 13)]
        if self.kind == "log":
            return self._log_ticks(powers, maximum)
        around = sorted([*(-power for power in powers if power >= 1), 0.0, *(p for p in powers if p >= 1)])
        inside = self._keep_inside(around)
        return inside[:: max(-(-len(inside) // maximum), 1)]

    def _log_ticks(self, powers: Sequence[float], maximum: int) -> list[float]:
        """Return the densest of the usual series that fits: steps that look even on the axis."""
        for factors in ((1, 2, 5), (1, 3)):
            inside = self._keep_inside([factor * power for power in powers for factor in factors])
            if len(inside) <= maximum:
                return inside
        inside = self._keep_inside(powers)
        return inside[:: max(-(-len(inside) // maximum), 1)]

    def _keep_inside(self, values: Iterable[float]) -> list[float]:
        return [value for value in values if self.low <= value <= self.high]


def _list_round_values(low: float, high: float, maximum: int) -> list[float]:
    """Return the multiples of 1, 2 or 5 times a power of ten in a range."""
    power = 10.0 ** math.floor(math.log10((high - low) / maximum))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if (high - low) / (factor * power) <= maximum)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def make_axis(values: Iterable[float], kind: AxisScale = "linear", margin: float = 0.05) -> ChartAxis:
    """Return the axis that holds all finite values with a margin at both ends; around a lone value, one of its size."""
    known = [value for value in values if math.isfinite(value) and (kind != "log" or value > 0)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if kind == "log":
        return ChartAxis(low / 1.6, high * 1.6, kind)
    room = (high - low) * margin or abs(high) * margin or margin
    return ChartAxis(low - room, high + room, kind)


def format_tick(value: float, signed: bool = False) -> str:
    """Return a tick as people read it.

    >>> format_tick(0.05, signed=True), format_tick(-0.2), format_tick(0.0, signed=True), format_tick(20000)
    ('+0.05', '−0.2', '0', '20k')
    """
    text = f"{value / 1000:g}k" if abs(value) >= 10000 else f"{value:g}"
    return ("+" if signed and value > 0 else "") + text.replace("-", "\N{MINUS SIGN}")
