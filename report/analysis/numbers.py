"""Numbers in records and in sentences: NaN as JSON's null, and differences with their sign."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

NAN = float("nan")

# Significant digits of a mean wherever it is printed.
MEAN_DIGITS = 3


def nan_to_null(part: Any) -> Any:
    """Return a record with null where a number is not finite: JSON has no NaN."""
    if isinstance(part, Mapping):
        return {key: nan_to_null(value) for key, value in part.items()}
    if isinstance(part, (list, tuple)):
        return [nan_to_null(value) for value in part]
    return None if isinstance(part, float) and not math.isfinite(part) else part


def better_sign(better: str) -> float:
    """Return 1 where higher is better, else -1: by it, the higher is the better in every measure."""
    return 1.0 if better == "higher" else -1.0


def format_number(value: float, digits: int = MEAN_DIGITS, decimals: int = 4) -> str:
    """Return a number rounded to significant digits, whole numbers never; what rounds to zero has no sign.

    >>> format_number(0.80931), format_number(25.318), format_number(1234.5), format_number(-0.00001)
    ('0.809', '25.3', '1234', '0.000')
    """
    rounded = float(f"{value:.{digits - 1}e}")
    first = -1 if abs(rounded) < 10.0**-decimals else math.floor(math.log10(abs(rounded)))
    text = f"{value:.{min(decimals, max(digits - 1 - first, 0))}f}"
    return text.lstrip("-") if float(text) == 0 else text


def format_signed(value: float, decimals: int = 3) -> str:
    """Return a difference with its sign, as sentences and charts print it; what rounds to zero has none.

    >>> format_signed(0.0162), format_signed(-0.003), format_signed(-0.0001), format_signed(17.2, 0)
    ('+0.016', '−0.003', '0.000', '+17')
    """
    text = f"{value:+.{decimals}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
