"""How much of the field of view is segmented as vessel."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where


class Vessels(MetricFamily):
    """Share of vessel pixels; next to that of the input it shows whether an enhancement adds or removes vessels."""

    needs: ClassVar[frozenset[str]] = frozenset({"mask"})
    structures: ClassVar[frozenset[str]] = frozenset({"vessel"})
    measures: tuple[Measure, ...] = (
        Measure(
            "vessel_share",
            "Vessel share",
            "none",
            unit="%",
            decimals=2,
            description="Pixels segmented as vessel, in % of the field of view. Contrast enhancement raises it as true "
            "detail does.",
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Count the vessel pixels inside the field of view."""
        shares = np.array([100 * mask.mean() if mask.size else np.nan for mask in batch.inside(batch.require("mask"))])
        return {"vessel_share": Scores(shares, make_notes_where(np.isnan(shares), "the field of view is empty"))}
