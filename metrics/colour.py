"""Closeness to the known clean image of data in colour: colour difference, and PSNR as papers print it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sspbench import Measure, MetricFamily, Scores, ScoringBatch

from .input_check import make_notes_where, replace_infinite
from .iqa.colour_difference import ciede2000, psnr_whole_frame


class Colour(MetricFamily):
    """Colour difference inside the field of view, and PSNR over the whole frame."""

    needs: ClassVar[frozenset[str]] = frozenset({"image_rgb", "clean_rgb"})
    measures: tuple[Measure, ...] = (
        Measure(
            "ciede2000",
            "CIEDE2000",
            "lower",
            decimals=2,
            description="Mean colour difference to the known clean image (Sharma et al., 2005; sRGB, D65), "
            "in the field of view; about 1 where the eye just sees it.",
            table="truth",
        ),
        Measure(
            "psnr_frame",
            "PSNR, whole frame",
            "higher",
            unit="dB",
            decimals=2,
            description="PSNR over the whole frame, as papers print it: black outside the field of view adds "
            "10 log10(1 / share) dB.",
            table="truth",
        ),
    )

    def score(self, batch: ScoringBatch) -> dict[str, Scores]:
        """Score the enhanced images against the clean ones."""
        images, clean = batch.require("image_rgb"), batch.require("clean_rgb")
        inside = np.ones(batch.image.shape, bool) if batch.fov is None else batch.fov
        difference = ciede2000(images, clean, inside)
        identical = "identical to the clean image: PSNR is infinite"
        return {
            "ciede2000": Scores(difference, make_notes_where(np.isnan(difference), "the field of view is empty")),
            "psnr_frame": replace_infinite(psnr_whole_frame(images, clean), identical),
        }
