"""Reads the results of runs from their folders, or of a release, without today's plan: of any config and version."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from sspbench.config.runs import run_label
from sspbench.errors import UserError
from sspbench.jobs.outcome import read_status
from sspbench.plugins.discovery import find_plugins
from sspbench.plugins.kinds import METHOD_KIND
from sspbench.releases.digests import RowDigest, RunKey, describe_row
from sspbench.releases.losses import TRAINING_LOG_FILE, LossEntries, read_training_log
from sspbench.releases.packing import unpack_release
from sspbench.releases.records import read_job_records
from sspbench.releases.release_folder import RELEASE_RECORD, RELEASES_DIR, find_release_part, find_releases

from ..analysis.image_facts import is_scale_recorded
from ..analysis.paper import PRIMARY_MEASURE
from ..analysis.run_scores import join_scores, read_low_grids, read_run_scores
from ..analysis.statistics.summary import iter_grids

ScoreCell = tuple[str, str]  # a row and a measure


@dataclass(frozen=True)
class RecordedResults:
    """The results of one data set under one preset."""

    name: str  # for people
    runs: Mapping[RunKey, Path]  # the folder of every run
    segmenters: Mapping[RunKey, Path]  # the folder of every training of a segmenter, its name as the row
    digits: int | None = None  # significant digits that scores were rounded to; None: all are there
    left_out: frozenset[ScoreCell] = frozenset()  # what is not compared

    @cached_property
    def status(self) -> dict[RunKey, str]:
        """How every run ended."""
        return {key: str(read_status(folder)["status"]) for key, folder in self.runs.items()}

    @cached_property
    def rows(self) -> list[str]:
        """Rows with scores, sorted."""
        return sorted({row for (row, _), status in self.status.items() if status == "done"})

    @property
    def seeds(self) -> list[int]:
        """All seeds."""
        return sorted({seed for _, seed in self.runs})

    @cached_property
    def scores(self) -> pd.DataFrame:
        """All scores, one line per value.

        Raises:
            UserError: no run has scores, or a file of scores cannot be read.
        """
        done = [folder for key, folder in self.runs.items() if self.status[key] == "done"]
        if not done:
            hint = "run the workflow first; a run's status.json says why it has none"
            raise UserError("No run has scores: there is nothing to compare", where=self.name, hint=hint)
        return join_scores([read_run_scores(folder / "scores.csv") for folder in done])

    @property
    def dataset_and_preset(self) -> tuple[str, str]:
        """Data set and preset; empty texts where the files of scores have no line."""
        if self.scores.empty:
            return "", ""
        first = self.scores.iloc[0]
        return str(first["dataset"]), str(first["preset"])

    @cached_property
    def grids(self) -> dict[ScoreCell, pd.DataFrame]:
        """Values as (images, seeds) by row and measure; NaN where undefined."""
        found = {(row, key[-1]): values for key, rows in iter_grids(self.scores) for row, values in rows.items()}
        return {cell: values for cell, values in found.items() if cell not in self.left_out}

    @cached_property
    def low_grids(self) -> dict[str, pd.DataFrame]:
        """Dice as (images, seeds) by row, under the segmenter trained on LQ images; empty without that control."""
        found = read_low_grids(folder for key, folder in self.runs.items() if self.status[key] == "done")
        return {row: values for row, values in found.items() if (row, PRIMARY_MEASURE) not in self.left_out}

    @cached_property
    def digests(self) -> dict[str, RowDigest]:
        """What the scores of every row with scores depend on."""
        preset = self.dataset_and_preset[1]
        seeds = {row: [seed for name, seed in self.runs if name == row] for row in self.rows}
        return {row: describe_row(preset, {seed: self.jobs[row, seed] for seed in seeds[row]}) for row in self.rows}

    @cached_property
    def jobs(self) -> dict[RunKey, dict[str, Any]]:
        """What every run's jobs recorded, by stage."""
        return {key: read_job_records(folder) for key, folder in self.runs.items()}

    @cached_property
    def is_scale_known(self) -> bool:
        """Whether scoring knew the size of a pixel; else lengths are in pixels."""
        return is_scale_recorded(self.jobs[key] for key, status in self.status.items() if status == "done")

    @cached_property
    def segmenter_jobs(self) -> dict[RunKey, dict[str, Any]]:
        """What every training of a segmenter recorded, by stage."""
        return {key: read_job_records(folder) for key, folder in self.segmenters.items()}

    @cached_property
    def losses(self) -> dict[RunKey, LossEntries]:
        """The logged losses of every training, segmenters included; empty for what does not train."""
        folders = [*self.runs.items(), *self.segmenters.items()]
        return {key: read_training_log(folder / TRAINING_LOG_FILE) for key, folder in folders}

    def select_seeds(self, seeds: Iterable[int]) -> RecordedResults:
        """Return the part of these seeds.

        Raises:
            UserError: a seed was not run.
        """
        wanted = [str(seed) for seed in seeds]
        self._reject_missing("seed ", wanted, map(str, self.seeds))
        return replace(
            self,
            name=f"{self.name}, {'seed' if len(wanted) == 1 else 'seeds'} {', '.join(wanted)}",
            runs={key: folder for key, folder in self.runs.items() if str(key[1]) in wanted},
            segmenters={key: folder for key, folder in self.segmenters.items() if str(key[1]) in wanted},
        )

    def select_rows(self, rows: Iterable[str]) -> RecordedResults:
        """Return the part of these rows, without segmenters.

        Raises:
            UserError: a row was not run.
        """
        wanted = list(rows)
        self._reject_missing("", wanted, (row for row, _ in self.runs))
        runs = {key: folder for key, folder in self.runs.items() if key[0] in wanted}
        return replace(self, runs=runs, segmenters={})

    def _reject_missing(self, what: str, wanted: list[str], known: Iterable[str]) -> None:
        there = dict.fromkeys(known)
        missing = ", ".join(name for name in wanted if name not in there)
        if missing:
            hint = f"there are: {', '.join(there)}"
            raise UserError(f"Results are missing of {what}{missing}", where=self.name, hint=hint)


def read_results_folder(folder: Path, name: str | None = None, digits: int | None = None) -> RecordedResults:
    """Read a results folder.

    Args:
        folder: ``results/<data set>/<preset>``.
        name: Its name for people; None: its path.
        digits: Significant digits that its scores were rounded to.

    Raises:
        UserError: it holds no runs.
    """
    runs = _find_seed_folders(folder / "runs")
    if not runs:
        why, hint = "it has no runs/<method>/seed-<n>", "give results/<data set>/<preset>"
        raise UserError("This is not a results folder", where=str(folder), why=why, hint=hint)
    return RecordedResults(name or str(folder), runs, _find_seed_folders(folder / "segmenter"), digits)


def _find_seed_folders(place: Path) -> dict[RunKey, Path]:
    """Return the folders ``<row>/seed-<n>``."""
    found = {}
    for folder in sorted(place.glob("*/seed-*")):
        seed = folder.name.removeprefix("seed-")
        if seed.isdecimal():
            found[folder.parent.name, int(seed)] = folder
    return found


@contextmanager
def open_results(place: str, like: RecordedResults | None = None) -> Iterator[RecordedResults]:
    """Give the results at a place; those of a release are unpacked into a temporary folder.

    Args:
        place: ``results/<data set>/<preset>``, ``results/published/<release>`` with or without
            ``<data set>/<preset>``, or a release's name.
        like: Of a release with several parts, the part with the data set and preset of these is meant.

    Raises:
        UserError: no results exist, or several and none is meant.
    """
    folder = Path(place)
    if (folder / "runs").is_dir() and not (folder / RELEASE_RECORD).is_file():
        yield read_results_folder(folder)
        return
    if not folder.is_dir() and not (RELEASES_DIR / place).is_dir():
        names = ", ".join(release.name for release in find_releases()) or "there is none yet"
        hint = f"give results/<data set>/<preset>, or a release: {names}"
        raise UserError("No results have this name", where=place, hint=hint)
    part = find_release_part(place, None if like is None else like.dataset_and_preset)
    with tempfile.TemporaryDirectory(prefix="sspbench-release-") as unpacked:
        plan = unpack_release(part, Path(unpacked))
        yield read_results_folder(plan.layout.root, f"release {part.name}", int(part.record["digits"]))


def make_row_labeller() -> Callable[[str], str]:
    """Return the function from rows to their labels; a row whose method is not in this checkout keeps its name."""
    known = find_plugins(METHOD_KIND.group)

    def label(row: str) -> str:
        method, _, variant = row.partition("+")
        return run_label(known[method], variant or None) if method in known else row

    return label
