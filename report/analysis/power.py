"""Can this data set tell the methods apart? The power study of the ranked rows in the primary measure, in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import pandas as pd

from .paper import PRIMARY_MEASURE
from .results import Results
from .row_ranks import list_ranked_rows
from .statistics.crossed_effects import MIN_TRAININGS
from .statistics.power import POWER, PairPower, PowerStudy, study_power
from .statistics.summary import keep_complete_images, list_subjects

# Trainings per method for which the page says how many further pairs they would part.
TRAINING_STEPS = (10, 20, 50)

IMAGE_FACTORS = (2, 4, 10)  # the same of images, as multiples of those of the run


@dataclass(frozen=True)
class DataPower:
    """The power study of a run, as the page shows it.

    Attributes:
        sentences: The findings, or the reason for having none.
        study: The numbers; None without a test. A NaN count says that no count would suffice.
    """

    sentences: tuple[str, ...]
    study: PowerStudy | None = None


def analyse_power(results: Results) -> DataPower:
    """Return the power study of the ranked rows in the primary measure."""
    rows = list_ranked_rows(results, results.rows_in_table("segmentation"), PRIMARY_MEASURE)
    every = {row: results.values(row, PRIMARY_MEASURE) for row in rows}
    grids = _keep_common({row: grid for row, grid in every.items() if grid.shape[1] >= MIN_TRAININGS})
    images = next(iter(grids.values())).index if grids else ()
    values = {row: grid.to_numpy(dtype=float).T for row, grid in grids.items()}
    study = study_power(values, list_subjects(images, results.clusters))
    if study is None:
        needs = f"that needs labels and {MIN_TRAININGS} trainings of at least two rows"
        return DataPower((f"Whether this data set can tell the methods apart is unknown: {needs}.",))
    label = results.measures[PRIMARY_MEASURE].label
    unit = "subjects" if results.clusters else "images"
    return DataPower(tuple(_describe_study(study, label, unit)), study)


def _keep_common(grids: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the grids on the images and seeds that all of them have with finite values."""
    if not grids:
        return {}
    kept = [keep_complete_images(grid) for grid in grids.values()]
    images = reduce(lambda one, other: one.intersection(other), (grid.index for grid in kept)).sort_values()
    seeds = reduce(lambda one, other: one.intersection(other), (grid.columns for grid in kept)).sort_values()
    return {row: grid.loc[images, seeds] for row, grid in grids.items()}


def _describe_study(study: PowerStudy, label: str, unit: str) -> Iterator[str]:
    pairs = len(study.pairs)
    yield (
        f"This run parts {study.parted_count} of {pairs} pairs of ranked rows in {label}, with {study.trainings} "
        f"trainings per method and {study.images} {unit} (crossed test, Holm's correction over all pairs)."
    )
    yield (
        f"Standard deviations in {label}: {study.between_methods:.3f} between methods, {study.between_trainings:.3f} "
        f"between trainings of a method, {study.between_images:.3f} between {unit} in how they respond to a method, "
        f"{study.rest:.3f} of the rest."
    )
    other = [pair for pair in study.pairs if not pair.parted]
    if other:
        yield (
            f"How many of the other {len(other)} pairs would be parted, with a power of {100 * POWER:.0f} % and if the "
            f"observed differences are the true ones: {_count_parted(other, study, unit)}"
        )


def _count_parted(pairs: Sequence[PairPower], study: PowerStudy, unit: str) -> str:
    trainings = [
        f"{sum(pair.trainings_needed <= count for pair in pairs)} with {count}"
        for count in TRAINING_STEPS
        if count > study.trainings
    ]
    images = [
        f"{sum(pair.images_needed <= factor * study.images for pair in pairs)} with {factor * study.images}"
        for factor in IMAGE_FACTORS
    ]
    # more trainings do not help against few images, and the other way round
    never = sum(math.isinf(pair.trainings_needed) and math.isinf(pair.images_needed) for pair in pairs)
    alone = f" For {never}, neither alone would do." if never else ""
    parts = [f"{', '.join(trainings)} trainings per method"] if trainings else []
    return f"{'; '.join([*parts, ', '.join(images) + ' ' + unit])}.{alone}"
