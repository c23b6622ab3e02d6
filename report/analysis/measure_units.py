"""The units that measures of length have: micrometres, or pixels where the size of a pixel is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sspbench.contract import Measure
from sspbench.releases.digests import JobRecords

# Units of the same numbers where the size of a pixel is unknown and 1 pixel counts as 1 µm.
UNITS_IN_PIXELS = {"mm/mm²": "px/1000 px²", "1/mm²": "1/(1000 px)²", "µm": "px"}


def is_scale_recorded(runs: Iterable[JobRecords]) -> bool:
    """Return whether scoring knew the size of a pixel in all runs; True where none recorded it."""
    return all(jobs.get("score", {}).get("is_scale_known", True) for jobs in runs)


def choose_units(measures: Mapping[str, Measure], is_scale_known: bool) -> dict[str, Measure]:
    """Return the measures with the units that their numbers have."""
    if is_scale_known:
        return dict(measures)
    return {name: replace(one, unit=UNITS_IN_PIXELS.get(one.unit, one.unit)) for name, one in measures.items()}
