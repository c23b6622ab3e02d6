"""Sentences on who is first, on every difference to the headline's reference, and on the segmenter's training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from .numbers import format_signed
from .primary_analysis import Gain, PrimaryAnalysis, PrimaryRow
from .statistics.crossed_effects import MIN_TRAININGS
from .statistics.paired_tests import SIGNIFICANCE_LEVEL

# Kinds of differences and how they are announced, in this order.
DIFFERENCE_KINDS = (
    ("better", "Shown to be better"),
    ("worse", "Shown to be worse"),
    ("apart", "Not shown after the correction, though the interval leaves out zero"),
    ("open", "Not shown, and the interval holds zero"),
)


def join_names(labels: Sequence[str]) -> str:
    """Return names as a list in words.

    >>> join_names(["A", "B", "C"])
    'A, B and C'
    """
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"


def format_gain(gain: Gain) -> str:
    """Return a gain with its interval, where it has one.

    >>> format_gain(Gain(0.0162, 0.0101, 0.0249))
    '+0.016 [+0.010, +0.025]'
    """
    ends = f" [{format_signed(gain.low)}, {format_signed(gain.high)}]" if math.isfinite(gain.low) else ""
    return format_signed(gain.mean) + ends


def format_difference(gain: Gain) -> str:
    """Return a gain with its interval, or with the reason why it has none."""
    return format_gain(gain) + ("" if math.isfinite(gain.low) else f" ({gain.note})")


def describe_first_place(found: PrimaryAnalysis) -> Iterator[str]:
    """Yield who is first and who may be first too, or that trainings are too few to say."""
    first = found.first_rows
    if not first:
        yield f"To name a first row takes a test, and a test takes {MIN_TRAININGS} trainings per method."
        return
    places = first[0].rank.places if first[0].rank is not None else 0
    yield f"First in {found.label}: {first[0].label}."
    if len(first) == 1:
        yield f"By the test over all pairs, no other of the {places} ranked rows may be first."
        return
    others = [row.label for row in first[1:]]
    yield f"By the test over all pairs, {len(others)} of the other {places - 1} may be first too: {join_names(others)}."


def describe_differences(found: PrimaryAnalysis, contenders: Sequence[PrimaryRow]) -> Iterator[str]:
    """Yield the contenders' differences to the headline's reference by what the test shows; nothing without a test."""
    gains = [(row, row.vs_best_trivial if found.rival else row.gain) for row in contenders]
    known = [(row, gain) for row, gain in gains if gain is not None]
    if not found.tested or not known:
        return
    rival = found.find_row(found.rival)
    minus = "the untouched image" if rival is None else rival.label
    yield (
        f"{found.label} minus {minus}, with single 95 % intervals (not corrected for the number of rows; "
        f"shown means p < {SIGNIFICANCE_LEVEL:g} after Holm's correction)."
    )
    for kind, words in DIFFERENCE_KINDS:
        listed = [f"{row.label} {format_difference(gain)}" for row, gain in known if _classify(gain) == kind]
        if listed:
            yield f"{words}: {'; '.join(listed)}."


def _classify(gain: Gain) -> str:
    if gain.verdict in ("better", "worse"):
        return gain.verdict
    return "apart" if gain.low > 0 or gain.high < 0 else "open"


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
