"""A table of means and spreads; every printed number is an interval, because it was rounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from .image_measures import Floats
from .quantity import Quantity

Dispersion = Literal["sd", "var", "sem", "none"]


@dataclass(frozen=True)
class PrintedRow:
    """One quantity over the M methods of a table.

    Attributes:
        quantity: What the numbers are.
        mean: Printed means, (M,); NaN where a cell is empty.
        half: Half a unit of the last printed digit of each mean, (M,): the true mean is within ``mean ± half``.
        spread: The number after ±, (M,); NaN without one.
        spread_half: Half a unit of the last printed digit of each spread, (M,).
        n: Number of images behind each cell, (M,).
        dispersion: What the spread is: ``sd``, ``var`` (variance), ``sem`` (standard error) or ``none``.
        printed: The direction the table prints: ``higher``, ``lower`` or ``none``.
        label: The name the table prints.
        spread_scale: One unit of the printed spread's sd in units of the mean: 0.01 where the table prints percents.
    """

    quantity: Quantity
    mean: Floats
    half: Floats
    spread: Floats
    spread_half: Floats
    n: Floats
    dispersion: Dispersion = "sd"
    printed: str = "none"
    label: str = ""
    spread_scale: float = 1.0

    def mean_interval(self, *, cut: bool = True) -> tuple[Floats, Floats]:
        """Return the smallest and largest true means that print like this, cut to the possible range."""
        low, high = (self.quantity.low, self.quantity.high) if cut else (-np.inf, np.inf)
        return np.clip(self.mean - self.half, low, high), np.clip(self.mean + self.half, low, high)

    def sd(self) -> Floats:
        """Return the spread converted to a standard deviation, (M,)."""
        return self._as_sd(self.spread)

    def sd_interval(self) -> tuple[Floats, Floats]:
        """Return the smallest and largest population sd (divisor n) that print like this.

        Whether n or n - 1 was the divisor is never printed: the lower end allows for n - 1.
        """
        low, high = self.sd_ends()
        return low * np.sqrt(np.maximum(self.n - 1, 0) / self.n), high

    def sd_ends(self) -> tuple[Floats, Floats]:
        """Return the smallest and largest sd, with whichever divisor was used, that print like this."""
        return self._as_sd(np.maximum(self.spread - self.spread_half, 0.0)), self._as_sd(self.spread + self.spread_half)

    def _as_sd(self, spread: Floats) -> Floats:
        if self.dispersion == "none":
            return np.full_like(spread, np.nan)
        if self.dispersion == "var":
            return np.sqrt(spread) * self.spread_scale
        if self.dispersion == "sem":
            return spread * np.sqrt(self.n) * self.spread_scale
        return spread * self.spread_scale

    def select_methods(self, index: Floats) -> PrintedRow:
        """Return the row of some methods (an index may repeat)."""
        parts = {name: getattr(self, name)[index] for name in ("mean", "half", "spread", "spread_half", "n")}
        return replace(self, **parts)


@dataclass(frozen=True)
class PrintedTable:
    """A table: one row of numbers per quantity, one column per method.

    Attributes:
        name: Name of the table.
        methods: Names of the M methods.
        rows: Rows by quantity key.
        prevalence_low: Smallest share of positive pixels any image can have, (M,).
        prevalence_high: Largest share of positive pixels any image can have, (M,); 1 where nothing is known.
        same_map: Whether AUC comes from the score map whose threshold gave SEN and SPE.
        same_labels: Whether all methods were scored on the same images and labels.
        baseline: The untouched input, or None.
        caption: Caption of the table.
    """

    name: str
    methods: tuple[str, ...]
    rows: Mapping[str, PrintedRow]
    prevalence_low: Floats = field(default_factory=lambda: np.zeros(1))
    prevalence_high: Floats = field(default_factory=lambda: np.ones(1))
    same_map: bool = True
    same_labels: bool = True
    baseline: str | None = None
    caption: str = ""

    def select_methods(self, index: Floats) -> PrintedTable:
        """Return the table of some methods (an index may repeat)."""
        size = len(self.methods)
        return replace(
            self,
            methods=tuple(self.methods[i] for i in index),
            rows={key: row.select_methods(index) for key, row in self.rows.items()},
            prevalence_low=np.broadcast_to(self.prevalence_low, size)[index],
            prevalence_high=np.broadcast_to(self.prevalence_high, size)[index],
        )

    def with_mean(self, key: str, mean: Floats) -> PrintedTable:
        """Return the table with other means, (M,), in one row."""
        return replace(self, rows={**self.rows, key: replace(self.rows[key], mean=mean)})

    def read_spread_as(self, dispersion: Dispersion) -> PrintedTable:
        """Return the table with another meaning of ±."""
        return replace(self, rows={key: replace(row, dispersion=dispersion) for key, row in self.rows.items()})
