"""The control: gains in the primary measure under a segmenter that was trained on LQ images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .comparison_sentences import format_difference, join_names
from .paper import UNTOUCHED_ROW
from .primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from .results import Results
from .run_scores import read_low_grids
from .statistics import PairedComparison, compare_rows, summarise


def add_low_gains(rows: Sequence[PrimaryRow], results: Results) -> tuple[PrimaryRow, ...]:
    """Return the rows with their means and gains under the control."""
    done = [run for run in results.plan.runs if results.status[run.id, run.seed]["status"] == "done"]
    grids = read_low_grids(results.run_folder(run) for run in done)
    if UNTOUCHED_ROW not in grids:
        return tuple(rows)
    gains = compare_rows(grids, UNTOUCHED_ROW, "higher", results.clusters, (), results.external_row_ids)
    return tuple(
        replace(row, low_mean=summarise(grids[row.key]).mean, low_gain=_make_gain(gains.get(row.key)))
        if row.key in grids
        else row
        for row in rows
    )


def _make_gain(line: PairedComparison | None) -> Gain | None:
    """Return a gain without p-value and verdict: the control is described, not tested."""
    if line is None:
        return None
    found = line.estimate
    return Gain(
        found.difference, found.low, found.high,
        trainings=found.trainings, images=found.images, clusters=found.clusters, note=found.note,
    )  # fmt: skip


def describe_low_segmenter(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> Iterator[str]:
    """Yield what the control says: for which methods the sign of the gain depends on what the segmenter was trained on.

    Without a control, yield that gains hold for a segmenter which saw HQ images only.
    """
    if not found.has_low_segmenter:
        yield "The segmenter saw HQ images only: one that is trained on LQ images may need no enhancement."
        return
    both = [(row, row.gain, row.low_gain) for row in contenders if row.low_gain is not None]
    turned = [
        f"{row.label} {format_difference(gain)}, then {format_difference(low)}"
        for row, gain, low in both
        if gain is not None and low is not None and gain.mean * low.mean < 0
    ]
    reference = found.find_row(found.reference)
    start = "" if reference is None else f" ({found.label} of the untouched image {reference.low_mean:.3f})"
    if turned:
        yield (
            f"The sign of the gain depends on the segmenter. Trained on HQ images, then on LQ images{start}: "
            f"{'; '.join(turned)}."
        )
    else:
        gains = [row.label for row, _, low in both if low is not None and low.mean > 0]
        who = join_names(gains) if gains else "no method"
        yield f"Under a segmenter trained on LQ images{start} no gain changes its sign; above zero: {who}."
