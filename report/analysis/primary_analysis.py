"""The primary analysis, declared once: what a row gains in Dice over the untouched image and over the best trivial row.

Page, terminal and tables print this record (``tables/primary.json``) and compute nothing themselves. Without labels
the record has no rows, and its headline says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .json_records import parse_plain, read_parsed
from .numbers import NAN, nan_to_null
from .statistics.crossed_effects import CrossedEstimate
from .statistics.rank_intervals import RowRank


@dataclass(frozen=True)
class Gain:
    """A row minus a reference in the primary measure.

    Attributes:
        low: Lower end of the 95 % interval; NaN without an interval.
        p: p-value after Holm's correction; NaN below five trainings.
        verdict: ``better``, ``worse``, ``no difference shown``; empty below five trainings.
        trainings: Seeds that both rows have.
        clusters: Independent groups among them (subjects).
        note: What the interval covers, or why it is missing.
    """

    mean: float
    low: float = NAN
    high: float = NAN
    p: float = NAN
    verdict: str = ""
    trainings: int = 0
    images: int = 0
    clusters: int = 0
    note: str = ""


def make_gain(found: CrossedEstimate, p: float = NAN, verdict: str = "") -> Gain:
    """Return a comparison as a gain, by default without a test."""
    return Gain(
        found.difference, found.low, found.high, p, verdict,
        found.trainings, found.images, found.clusters, found.note,
    )  # fmt: skip


@dataclass(frozen=True)
class PrimaryRow:
    """A row of the primary analysis.

    Attributes:
        group: Group of rows: a key of :data:`sspbench.plugins.row_groups.ROW_GROUPS`.
        status: ``done``, or how its run ended and why.
        contender: Whether the headline speaks of it: a published or own method, no trivial row, ablation or truth.
        learned: Whether it has trained networks.
        mean: Mean of the primary measure.
        gain: Against the untouched image; None for the untouched row itself, and for rows without scores.
        vs_best_trivial: Against the best trivial row; None for that row itself, the untouched row, the truth, or
            without one.
        gap_closed: Share of the gap between untouched and clean image that the gain closes; NaN without a gap.
        lost: Length of nerves or vessels lost, % of the true length.
        invented: Length invented, % of the true length.
        excess: ``invented`` minus what the clean image itself shows; NaN without a clean image.
        low_mean: Mean of the primary measure under the segmenter trained on LQ images; NaN without it.
        low_gain: The gain over the untouched image under that segmenter, without a test; None without it.
    """

    key: str
    label: str
    group: str
    heading: str
    status: str = "done"
    contender: bool = False
    learned: bool = False
    mean: float = NAN
    gain: Gain | None = None
    vs_best_trivial: Gain | None = None
    gap_closed: float = NAN
    lost: float = NAN
    invented: float = NAN
    excess: float = NAN
    rank: RowRank | None = None
    low_mean: float = NAN
    low_gain: Gain | None = None


@dataclass(frozen=True)
class PrimaryAnalysis:
    """The answer of a run.

    Attributes:
        differences: Every contender's difference to the headline's reference, a sentence per kind of outcome.
        caveats: What may not be concluded, a sentence each.
        measure: Key of the primary measure; empty without a primary analysis.
        reference: Key of the untouched row.
        rival: Key of the best trivial row; empty without one.
        ceiling: Key of the clean image's row; empty without one.
        trainings: Trainings per method (of the row with fewest).
        clusters: Independent groups among them.
        tested: Whether there are p-values and verdicts.
    """

    headline: str
    subline: str = ""
    differences: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    measure: str = ""
    label: str = ""
    reference: str = ""
    rival: str = ""
    ceiling: str = ""
    trainings: int = 0
    images: int = 0
    clusters: int = 0
    tested: bool = False
    rows: tuple[PrimaryRow, ...] = ()

    @property
    def is_available(self) -> bool:
        """Whether there is a primary analysis at all."""
        return bool(self.measure)

    @property
    def first_rows(self) -> list[PrimaryRow]:
        """The ranked rows than which none is shown to be better, best mean first; empty without a test."""
        found = [row for row in self.rows if row.rank is not None and row.rank.low == 1 and not row.rank.control]
        return sorted(found, key=lambda row: -row.mean)

    @property
    def has_low_segmenter(self) -> bool:
        """Whether gains are known under a segmenter trained on LQ images."""
        return any(row.low_gain is not None for row in self.rows)

    def find_row(self, key: str) -> PrimaryRow | None:
        """Return the row of a key, or None."""
        return next((row for row in self.rows if row.key == key), None)


# The keys of ``primary.json`` where they differ from the fields of :class:`PrimaryRow`: releases hold them.
JSON_KEYS = {"vs_best_trivial": "rival", "gap_closed": "closed"}


def primary_to_json(found: PrimaryAnalysis) -> dict[str, Any]:
    """Return the record as plain JSON; what is not a number is null."""
    plain: dict[str, Any] = nan_to_null(asdict(found))
    for row in plain["rows"]:
        for name, key in JSON_KEYS.items():
            row[key] = row.pop(name)
    return plain


def primary_from_json(content: Mapping[str, Any]) -> PrimaryAnalysis:
    """Return the record that :func:`primary_to_json` made plain; those of older releases lack what was added since."""
    names = {key: name for name, key in JSON_KEYS.items()}
    rows = [{names.get(key, key): value for key, value in row.items()} for row in content["rows"]]
    found: PrimaryAnalysis = parse_plain(PrimaryAnalysis, {**content, "rows": rows})
    return found


def read_primary(path: Path) -> PrimaryAnalysis:
    """Read the record from ``primary.json``.

    Raises:
        UserError: the file is missing or was not written by this version.
    """
    return read_parsed(path, primary_from_json, "The primary analysis cannot be read", "run: report tables")
