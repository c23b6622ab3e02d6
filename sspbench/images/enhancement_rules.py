"""What is done around a method when it enhances a picture: one description for Python and for the offline page.

Padding to a method's multiple is not part of it: :mod:`sspbench.training.padding` does that, also inside ONNX models.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# ITU-R BT.601: red, green and blue in the luminance
LUMA_WEIGHTS = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class EnhancementRules:
    """How pixels become what a method gets, and how its result becomes pixels.

    Pixels are divided by the largest value of their depth. Of colour pictures the luminance is enhanced, and its change
    is added to red, green and blue; alpha is kept. Results are clipped to 0..1 and rounded half to even.

    Attributes:
        luminance: Weights of red, green and blue in the luminance.
        tile: Pictures with a longer side than this, in pixels, are enhanced in tiles of this side; 0: never.
        overlap_parts: Neighbouring tiles overlap by at least one part in this many of a tile, and fade over it.
    """

    luminance: tuple[float, float, float] = LUMA_WEIGHTS
    tile: int = 1024
    overlap_parts: int = 4

    def as_json(self) -> dict[str, Any]:
        """Return the rules as plain values."""
        return asdict(self)


ENHANCEMENT_RULES = EnhancementRules()
