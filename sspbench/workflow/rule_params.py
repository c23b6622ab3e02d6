"""What the workflow's rules depend on besides their files: digests of the code of each stage."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from ..checkout import ROOT
from ..config.plan import Plan
from ..config.runs import Run
from ..plugins.discovery import Plugin
from ..plugins.metric_families import find_metric_files
from .code_digests import code_digest, import_closure

STAGES_DIR = ROOT / "sspbench" / "stages"
REPORT_DIR = ROOT / "report"

# The fields of :class:`report.analysis.run_record.RunRecord`, whose import would load pandas in a dry run.
ANALYSIS_RECORDS = (
    "facts",
    "rows",
    "failures",
    "images",
    "measures",
    "costs",
    "whole_cost",
    "origins",
    "untimed",
    "power",
)

DEFAULT_TRAINING_MB = 4000
"""Memory a training asks a scheduler for where its YAML names none: torch, a narrow network, the images."""

EXTRA_RUNTIME_MINUTES = 15
"""Asked for beyond the plugin's own minutes, for the start and the other stages of the run."""


def training_resources(plugin: Plugin) -> dict[str, int]:
    """Return what a training asks of a scheduler, from ``resources`` of its YAML: gpu, mem_mb, runtime (minutes)."""
    wanted = plugin.meta.get("resources", {})
    minutes = wanted.get("minutes", 24 * 60)
    return {
        "gpu": wanted.get("gpu", 0),
        "mem_mb": wanted.get("mem_mb", DEFAULT_TRAINING_MB),
        "runtime": math.ceil(minutes) + EXTRA_RUNTIME_MINUTES,
    }


class CodeDigests:
    """Code digests of the stages of a plan (see :mod:`sspbench.workflow.code_digests`).

    Raises:
        UserError: a file of a plugin that is run is not valid Python.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        plugins = [plan.dataset, plan.segmenter, *(run.plugin for run in plan.runs if not run.is_external)]
        import_closure([plugin.code_file for plugin in plugins if plugin.code_file.is_file()])

    @cached_property
    def prepare(self) -> str:
        """Of the data set's preparation."""
        return code_digest([STAGES_DIR / "prepare.py", self._plan.dataset.code_file])

    @cached_property
    def segmenter(self) -> str:
        """Of the segmenter's training."""
        return code_digest([STAGES_DIR / "train.py", self._plan.segmenter.code_file])

    @cached_property
    def segment(self) -> str:
        """Of segmenting."""
        return code_digest([STAGES_DIR / "segment.py", self._plan.segmenter.code_file])

    @cached_property
    def score(self) -> str:
        """Of scoring: all metric families."""
        return code_digest([STAGES_DIR / "score.py", *find_metric_files().values()])

    @cached_property
    def score_low(self) -> str:
        """Of segmenting and scoring with the segmenter trained on LQ images."""
        stages = [STAGES_DIR / name for name in ("segment.py", "score.py")]
        return code_digest([*stages, self._plan.segmenter.code_file, *find_metric_files().values()])

    def score_checkpoints(self, run: Run) -> str:
        """Of enhancing, segmenting and scoring with the kept checkpoints of one method."""
        own = [STAGES_DIR / "score_checkpoints.py", run.plugin.code_file, self._plan.segmenter.code_file]
        return code_digest([*own, *find_metric_files().values()])

    @cached_property
    def analysis(self) -> str:
        """Of the records of a run."""
        return code_digest([REPORT_DIR / "analysis" / "run_record.py"])

    @cached_property
    def tables(self) -> str:
        """Of the tables."""
        return code_digest([REPORT_DIR / "tables" / "write_all.py"])

    @cached_property
    def across(self) -> str:
        """Of the summary above several data sets."""
        return code_digest([REPORT_DIR / "studies" / "write_summary.py"])

    @cached_property
    def figures(self) -> str:
        """Of the figures."""
        return code_digest([REPORT_DIR / "figures" / "draw_all.py"])

    @cached_property
    def page(self) -> str:
        """Of the HTML page."""
        return code_digest([REPORT_DIR / "page" / "build.py"])

    @cached_property
    def import_external(self) -> str:
        """Of taking in images that were enhanced elsewhere."""
        return code_digest([STAGES_DIR / "import_external.py"])

    def train(self, run: Run) -> str:
        """Of the training of one method."""
        return code_digest([STAGES_DIR / "train.py", run.plugin.code_file])

    def enhance(self, run: Run) -> str:
        """Of enhancing with one method."""
        own = [run.plugin.code_file] if run.plugin.code_file.is_file() else []
        return code_digest([STAGES_DIR / "enhance.py", *own])


def external_rows_pattern(plans: Iterable[Plan]) -> str:
    """Return the pattern of the names of all external rows; one that nothing matches where there are none."""
    names = dict.fromkeys(name for plan in plans for name in plan.config["external"])
    return "|".join(map(re.escape, names)) or "(?!)"


def paper_table_files() -> list[Path]:
    """Return the paper's tables and claims, which tables and page are made from."""
    return [path.relative_to(ROOT) for path in sorted((REPORT_DIR / "published").glob("*.yaml"))]


def page_source_files() -> list[Path]:
    """Return what the page is made from besides Python: templates, styles, the paper's tables and claims."""
    found = [path for ending in ("j2", "css", "js") for path in (REPORT_DIR / "page").glob(f"*.{ending}")]
    return [*(path.relative_to(ROOT) for path in sorted(found)), *paper_table_files()]
