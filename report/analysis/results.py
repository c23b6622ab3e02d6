"""What the runs left: scores, how each run ended, and its provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from sspbench.config.external_rows import EXTERNAL_KIND
from sspbench.config.plan import Plan
from sspbench.config.runs import Run
from sspbench.contract import Measure
from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.manifest import Manifest
from sspbench.jobs.outcome import NOT_APPLICABLE, read_status
from sspbench.plugins.metric_families import load_metric_families
from sspbench.releases.digests import find_shared_digest
from sspbench.releases.records import read_job_records

from .image_facts import choose_units, is_scale_recorded, match_subjects
from .paper import (
    ORACLE_GROUP,
    PAPER_GROUP,
    PAPER_GROUP_ELSEWHERE,
    PRIMARY_MEASURE,
    TRIVIAL_GROUP,
    UNTOUCHED_ROW,
)
from .run_scores import join_scores, read_run_scores
from .statistics.summary import Summary, iter_grids, summarise
from .vocabulary import VOCABULARIES, Vocabulary


@dataclass(frozen=True)
class MethodRow:
    """What a row of the tables is about: a method or variant, all its seeds.

    Attributes:
        id: ``method`` or ``method+variant``.
        runs: Its runs, one for each seed.
        tables: The tables it is in; None for all.
        is_ablation: Whether it is a variant.
        group: What kind of row it is: a key of :data:`sspbench.plugins.row_groups.ROW_GROUPS`.
    """

    id: str
    label: str
    runs: tuple[Run, ...]
    tables: tuple[str, ...] | None
    is_ablation: bool
    group: str = ""
    heading: str = ""

    @property
    def is_trained(self) -> bool:
        """Whether its networks were trained."""
        return self.runs[0].is_learned and not self.runs[0].is_untrained


class Results:
    """The results of a plan.

    Args:
        partial: Accept runs without scores; otherwise they are an error.
        processes: How many processes may share work on the results.
    """

    def __init__(self, plan: Plan, partial: bool = False, processes: int = 1) -> None:
        self.plan = plan
        self.processes = processes
        self.status = {(run.id, run.seed): self._read_status(run) for run in plan.all_runs}
        self.finished_runs = [run for run in plan.runs if self.status[run.id, run.seed]["status"] == "done"]
        missing = [run.id for run in plan.runs if run not in self.finished_runs]
        if missing and not partial:
            raise UserError(
                f"Some runs have no scores: {', '.join(missing)}", hint="run the workflow, or add --partial"
            )

    def _read_status(self, run: Run) -> dict[str, Any]:
        reason = self.plan.explain_inapplicable(run)
        if reason is None:
            return read_status(self.run_folder(run))
        return {"stage": "", "status": NOT_APPLICABLE, "reason": reason}

    def run_folder(self, run: Run) -> Path:
        """Return the folder of a run."""
        return self.plan.layout.run_folder(run.id, run.seed)

    @cached_property
    def manifest(self) -> Manifest | None:
        """The manifest of the prepared images; None where they are not here, as for a release."""
        path = self.plan.layout.manifest
        return Manifest.read(path) if path.is_file() else None

    @cached_property
    def image_names(self) -> list[str]:
        """The test images' names without ending, sorted: as prepared, else as enhanced by any row's first seed."""
        if self.manifest:
            return sorted(path.stem for path in self.manifest.image_paths("testA"))
        enhanced = [self.run_folder(row.runs[0]) / "enhanced" / "manifest.json" for row in self.rows]
        return sorted({Path(name).stem for path in enhanced if path.is_file() for name in read_json(path)})

    @cached_property
    def _job_records(self) -> dict[tuple[str, int], dict[str, Any]]:
        return {(run.id, run.seed): read_job_records(self.run_folder(run)) for run in self.plan.all_runs}

    @cached_property
    def rows(self) -> list[MethodRow]:
        """All rows in order."""
        found: dict[str, list[Run]] = {}
        for run in self.plan.all_runs:
            found.setdefault(run.id, []).append(run)
        return [self._make_row(name, tuple(runs)) for name, runs in found.items()]

    def _make_row(self, name: str, runs: tuple[Run, ...]) -> MethodRow:
        first = runs[0]
        tables = first.plugin.meta.get("tables")
        is_foreign = first.group == PAPER_GROUP and not self.vocabulary.paper_applies
        return MethodRow(
            name,
            first.label,
            runs,
            tables=None if tables is None else tuple(tables),
            is_ablation=first.variant in first.plugin.meta.get("variants", {}),
            group=first.group,
            heading=PAPER_GROUP_ELSEWHERE if is_foreign else first.heading,
        )

    def rows_in_table(self, table: str) -> list[MethodRow]:
        """Return the rows of one table (``quality``, ``segmentation``, ``truth``, ``morphometry``): no ablations."""
        return [row for row in self.rows if not row.is_ablation and (row.tables is None or table in row.tables)]

    @cached_property
    def ablation_rows(self) -> list[MethodRow]:
        """Return the rows of Table 3: the variants of the ablated method as its YAML orders them, then the method."""
        name = self.plan.config["ablation"]
        if name is None:
            return []
        rows = {row.id: row for row in self.rows if row.runs[0].plugin.name == name}
        variants = [f"{name}+{variant}" for variant in rows[name].runs[0].plugin.meta["variants"]]
        return [rows[key] for key in [*variants, name]]

    def status_text(self, row: MethodRow) -> str:
        """Return how a row ended: ``done``, or the first other status of its seeds with the reason."""
        for run in row.runs:
            status = self.status[run.id, run.seed]
            if status["status"] != "done":
                first_line = status["reason"].partition("\n")[0]
                return f"{status['status']}: {first_line}"
        return "done"

    def notes(self, row: MethodRow) -> list[str]:
        """Return the notes on a method, e.g. ``VGG: random``."""
        found: dict[str, None] = {}
        for run in row.runs:
            facts = self.provenance(run).get("train", {}).get("notes", {})
            found |= dict.fromkeys(f"{key}: {value}" for key, value in facts.items())
        return list(found)

    def provenance(self, run: Run) -> dict[str, Any]:
        """Return ``run.json`` of a run, or what its finished jobs say; empty without any."""
        return self._job_records[run.id, run.seed]

    @cached_property
    def scores(self) -> pd.DataFrame:
        """All scores, tidy, with ``row`` (method or method+variant) added; empty where nothing finished."""
        frames = []
        for run in self.finished_runs:
            path = self.run_folder(run) / "scores.csv"
            if path.is_file():
                frame = read_run_scores(path)
                frames.append(frame.assign(row=pd.Categorical([run.id]).repeat(len(frame))))
        root = self.plan.layout.root
        jobs = {(run.id, run.seed): self.provenance(run) for run in self.finished_runs}
        find_shared_digest(self.plan.preset, jobs, str(root))
        if not frames:
            hint = f"run the workflow first; the logs in {root / 'logs'} say why runs have none"
            raise UserError("No run has scores: there is nothing to tabulate", where=str(root), hint=hint)
        return join_scores(frames)

    @cached_property
    def _grids(self) -> dict[tuple[str, str], pd.DataFrame]:
        return {(row, key[-1]): values for key, rows in iter_grids(self.scores) for row, values in rows.items()}

    def values(self, row: str, measure: str) -> pd.DataFrame:
        """Return a row's values of one measure as (images, seeds), NaN where undefined; empty where not scored."""
        return self._grids.get((row, measure), pd.DataFrame(dtype=float))

    @cached_property
    def summaries(self) -> dict[tuple[str, str], Summary]:
        """The summary of every row and measure, by (row, measure): the one mean that everything shows."""
        return {place: summarise(values) for place, values in self._grids.items()}

    def summary(self, row: str, measure: str) -> Summary:
        """Return the summary of a row's values of one measure; one without images where nothing was scored."""
        return self.summaries.get((row, measure), Summary())

    @property
    def labels(self) -> dict[str, str]:
        """Labels by row id."""
        return {row.id: row.label for row in self.rows}

    @cached_property
    def tested_rows(self) -> list[MethodRow]:
        """The rows that are tested: those of Tables 1 and 3 without failed ones and without the truth."""
        wanted = {row.id for row in [*self.rows_in_table("quality"), *self.ablation_rows]}
        return [
            row
            for row in self.rows
            if row.id in wanted and row.group != ORACLE_GROUP and self.status_text(row) == "done"
        ]

    @property
    def external_row_ids(self) -> frozenset[str]:
        """The external rows: their images exist once, and seeds repeat only the segmenter that judges them."""
        return frozenset(row.id for row in self.rows if row.group == EXTERNAL_KIND)

    @property
    def tested_scores(self) -> pd.DataFrame:
        """The scores of the rows that are tested."""
        return self.scores[self.scores["row"].isin([row.id for row in self.tested_rows])]

    @cached_property
    def best_trivial(self) -> str | None:
        """The trivial row with the highest mean Dice, the one a method has to beat; None without trivial rows."""
        trivial = [row.id for row in self.tested_rows if row.group == TRIVIAL_GROUP and not row.is_ablation]
        dice = {row: self.summary(row, PRIMARY_MEASURE).mean for row in trivial if self.summary(row, PRIMARY_MEASURE).n}
        return max(dice, key=lambda row: dice[row]) if dice else None

    @property
    def references(self) -> list[str]:
        """The rows that every other row is compared with: the untouched image and the best trivial row."""
        return [UNTOUCHED_ROW, *([self.best_trivial] if self.best_trivial else [])]

    @cached_property
    def clusters(self) -> dict[str, str]:
        """The subject of each test image, as scoring recorded it or by the rule on names; else empty."""
        pattern = self.plan.subject_pattern
        recorded = self._read_score_fact("subjects")
        if recorded or pattern is None:
            return recorded
        return match_subjects(sorted(set(self.scores["image"].unique())), pattern)

    @cached_property
    def degradations(self) -> dict[str, str]:
        """The types of degradation of each test image, where the data set knows them, as scoring recorded them."""
        return self._read_score_fact("degradations")

    def _read_score_fact(self, name: str) -> dict[str, str]:
        """Return what scoring recorded of each test image under a name; empty where no run has it."""
        records = (self.provenance(run).get("score", {}).get(name, {}) for run in self.plan.runs)
        return next(filter(None, records), {})

    @property
    def vocabulary(self) -> Vocabulary:
        """The words for what the labels of the data set show."""
        return VOCABULARIES[self.plan.structure]

    @cached_property
    def is_scale_known(self) -> bool:
        """Whether the size of a pixel of the test images is known; of a release, what scoring recorded."""
        if self.manifest:
            return self.manifest.is_scale_known
        return is_scale_recorded(self.provenance(run) for run in self.plan.runs)

    @property
    def main_measures(self) -> list[Measure]:
        """The scored measures of Tables 1 and 2."""
        return [*self.measures_in_table("quality"), *self.measures_in_table("segmentation")]

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """All measures by name, in the order their families declare them; units in pixels where these have no scale."""
        families = load_metric_families(self.plan.config["metrics"], self.plan.structure, self.plan.color)
        found = {measure.name: measure for family in families.values() for measure in family.measures}
        return choose_units(found, self.is_scale_known)

    @cached_property
    def better(self) -> dict[str, str]:
        """The better direction of every measure: ``higher``, ``lower`` or ``none``."""
        return {name: measure.better for name, measure in self.measures.items()}

    def measures_in_table(self, table: str) -> list[Measure]:
        """Return the measures of a table that have scores."""
        return self.select_measures([name for name, measure in self.measures.items() if measure.table == table])

    def select_measures(self, names: Sequence[str]) -> list[Measure]:
        """Return the measures of these names that have scores."""
        scored = set(self.scores["metric"].unique())
        return [self.measures[name] for name in names if name in self.measures and name in scored]
