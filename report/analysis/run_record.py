"""The record of a run: what page and terminal show besides tables, figures and pictures, computed once.

``report analysis`` writes it as one JSON file per field into ``analysis/`` beside ``tables/``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .costs import CostLine, WholeCost, collect_costs, list_untimed_rows, measure_whole_cost
from .image_choice import choose_images, describe_choice_rule
from .json_records import read_record, write_record
from .paper import load_paper
from .power import DataPower, analyse_power
from .results import MethodRow, Results
from .run_facts import (
    FailedRun,
    Origin,
    collect_origins,
    format_repeat_command,
    list_failed_runs,
    list_known_reasons,
    list_reservations,
)

ANALYSIS_FOLDER = "analysis"

# Measures of an image that the page prints under its pictures.
TILE_MEASURES = ("dice", "niqe", "psnr")


@dataclass(frozen=True)
class RunFacts:
    """What was run.

    Attributes:
        structure: What its labels show: a key of :data:`.vocabulary.VOCABULARIES`.
        citation: How to cite the data set; empty where nothing is declared.
        is_real: Whether its images are photographs.
        seed_count: Trainings per method.
        choice_rule: By which rule images are shown.
        command: The command that repeats the run.
        reservations: Why this run cannot judge the paper's claims.
        reasons: Why ours may differ from the paper's.
    """

    dataset: str
    preset: str
    title: str
    structure: str
    citation: str
    is_real: bool
    seed_count: int
    image_count: int
    choice_rule: str
    command: str
    reservations: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class TileScore:
    """One value of one image: the measure's label, and the value (NaN where undefined)."""

    label: str
    value: float


@dataclass(frozen=True)
class RowRecord:
    """A row of the tables; what its plugin does not declare is empty.

    Attributes:
        id: ``method`` or ``method+variant``.
        status: ``done``, or how its run ended and why.
        is_ablation: Whether it is a variant.
        pictures: Folder of its first seed, which is the one shown, below the results folder.
        notes: What readers must know about it.
        source: The code it follows.
        licence: Licence of that code.
        deviations: Where it differs from what it follows.
        tiles: By chosen image, the scores under its pictures.
    """

    id: str
    label: str
    status: str
    is_ablation: bool
    pictures: str
    notes: tuple[str, ...]
    reference: str
    source: str
    licence: str
    bibtex: str
    deviations: tuple[str, ...]
    tiles: dict[str, tuple[TileScore, ...]]


@dataclass(frozen=True)
class ShownImage:
    """A chosen test image: its name, why it was chosen, and its label's file (empty without one)."""

    name: str
    why: str
    label_file: str


@dataclass(frozen=True)
class MeasureNote:
    """What a column means."""

    label: str
    description: str


@dataclass(frozen=True)
class RunRecord:
    """The record of a run: each attribute is a JSON file of its name."""

    facts: RunFacts
    rows: tuple[RowRecord, ...]
    failures: tuple[FailedRun, ...]
    images: tuple[ShownImage, ...]
    measures: tuple[MeasureNote, ...]
    costs: tuple[CostLine, ...]
    whole_cost: WholeCost
    origins: tuple[Origin, ...]
    untimed: tuple[str, ...]
    power: DataPower


def write_run_record(results: Results, root: Path) -> None:
    """Compute the record of a plan's results and write it below the results folder ``root``."""
    record = make_run_record(results)
    write_record(record, root / ANALYSIS_FOLDER)


def read_run_record(root: Path) -> RunRecord:
    """Return the record below a results folder.

    Raises:
        UserError: it is missing or of another version.
    """
    return read_record(RunRecord, root / ANALYSIS_FOLDER, "run: report analysis")


def make_run_record(results: Results) -> RunRecord:
    """Return the record of a plan's results."""
    shown = _list_shown_images(results)
    return RunRecord(
        facts=_make_facts(results),
        rows=tuple(_make_row(results, row, shown) for row in results.rows),
        failures=tuple(list_failed_runs(results)),
        images=shown,
        measures=tuple(MeasureNote(m.label, m.description) for m in results.measures.values() if m.description),
        costs=tuple(collect_costs(results)),
        whole_cost=measure_whole_cost(results),
        origins=tuple(collect_origins(results)),
        untimed=tuple(list_untimed_rows(results)),
        power=analyse_power(results),
    )


def _make_facts(results: Results) -> RunFacts:
    plan, paper = results.plan, load_paper()
    meta = plan.dataset.meta
    return RunFacts(
        dataset=plan.layout.dataset,
        preset=plan.preset,
        title=meta["title"],
        structure=plan.structure,
        citation=meta.get("citation") or "",
        is_real=meta["real"],
        seed_count=len(plan.config["seeds"]),
        image_count=len(results.image_names),
        choice_rule=describe_choice_rule(results),
        command=format_repeat_command(plan),
        reservations=tuple(list_reservations(plan, paper)),
        reasons=tuple(list_known_reasons(plan, paper)),
    )


def _list_shown_images(results: Results) -> tuple[ShownImage, ...]:
    files = results.manifest.image_paths("testA_labels") if results.manifest else []
    labels = {label.stem: str(label) for label in reversed(files)}  # of two labels of one name the first
    return tuple(ShownImage(each.name, each.why, labels.get(each.name, "")) for each in choose_images(results))


def _make_row(results: Results, row: MethodRow, shown: tuple[ShownImage, ...]) -> RowRecord:
    meta = row.runs[0].plugin.meta
    texts = {key: meta.get(key) or "" for key in ("reference", "source", "licence", "bibtex")}
    return RowRecord(
        id=row.id,
        label=row.label,
        status=results.status_text(row),
        is_ablation=row.is_ablation,
        pictures=results.run_folder(row.runs[0]).relative_to(results.plan.layout.root).as_posix(),
        notes=tuple(results.notes(row)),
        **texts,
        deviations=tuple(meta.get("deviations") or ()),
        tiles={image.name: _collect_tile_scores(results, row, image.name) for image in shown},
    )


def _collect_tile_scores(results: Results, row: MethodRow, name: str) -> tuple[TileScore, ...]:
    """Return one image's scores of a row's first seed, the one whose pictures are shown."""
    if results.status_text(row) != "done":
        return ()
    seed = row.runs[0].seed
    grids = {key: results.values(row.id, key) for key in TILE_MEASURES}
    return tuple(
        TileScore(results.measures[key].label, float(grid[seed][name]))
        for key, grid in grids.items()
        if name in grid.index and seed in grid.columns
    )
