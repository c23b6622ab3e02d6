"""Checks whether the order of a release holds on unseen images: each check draws a new simulator seed.

Pairs of rows that the release parts (an interval that holds for all pairs at once leaves out zero) must keep the sign
of their difference in Dice. A pair is reversed where the interval of the new difference lies on the other side of zero.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from sspbench.config.config_files import DEFAULT_CONFIG_FILE, read_config
from sspbench.config.overrides import merge_dicts
from sspbench.config.plan import Plan
from sspbench.errors import UserError
from sspbench.files import write_json
from sspbench.plugins.discovery import get_plugin
from sspbench.releases.release_folder import ReleasePart

from ..analysis.paper import PRIMARY_MEASURE
from ..analysis.statistics.crossed_effects import CrossedEstimate, estimate_crossed
from ..compare.recorded_results import RecordedResults

FAMILY_COVERAGE = 0.95

# A simulator seed has as many bits as the config allows to be written without loss.
FRESH_SEED_BITS = 31

OrderVerdict = Literal["kept", "not shown", "reversed"]


@dataclass(frozen=True)
class OrderedPair:
    """Two rows that a release parts, on new images; differences are in Dice."""

    better: str  # the row with the higher Dice in the release
    worse: str
    published: CrossedEstimate
    fresh: CrossedEstimate  # on the new images

    @property
    def verdict(self) -> OrderVerdict:
        """``kept``: the same sign; ``reversed``: the interval lies below zero; else ``not shown``."""
        if self.fresh.difference > 0:
            return "kept"
        return "reversed" if self.fresh.high < 0 else "not shown"


def compare_order(published: RecordedResults, fresh: RecordedResults) -> list[OrderedPair]:
    """Return the pairs that the release parts, with their differences on the new images.

    Raises:
        UserError: fewer than two rows have the primary measure on both sides.
    """
    ours, theirs = (
        {row: grid for (row, name), grid in side.grids.items() if name == PRIMARY_MEASURE}
        for side in (fresh, published)
    )
    pairs = list(combinations([row for row in theirs if row in ours], 2))
    if not pairs:
        hint = "name two rows or more that have labels: --rows identity sspnet"
        raise UserError("No two rows can be ordered", where=published.name, hint=hint)
    level = 1 - (1 - FAMILY_COVERAGE) / len(pairs)
    found = []
    for one, other in pairs:
        estimate = _estimate(theirs[one], theirs[other], level)
        better, worse = (one, other) if estimate.difference > 0 else (other, one)
        if not estimate.low <= 0 <= estimate.high:
            sides = [_estimate(side[better], side[worse], FAMILY_COVERAGE) for side in (theirs, ours)]
            found.append(OrderedPair(better, worse, *sides))
    return sorted(found, key=lambda pair: pair.fresh.difference)


def _estimate(one: pd.DataFrame, other: pd.DataFrame, level: float) -> CrossedEstimate:
    difference = (one - other).to_numpy(dtype=float).T
    return estimate_crossed(difference[:, np.isfinite(difference).all(axis=0)], level=level)


def judge_order(pairs: Sequence[OrderedPair]) -> tuple[str, int]:
    """Return the outcome in a sentence, and the exit status: 0 holds, 1 does not, 3 the release parts no pair."""
    if not pairs:
        return "The release parts no pair of these rows, so it has no order to check.", 3
    count = Counter(pair.verdict for pair in pairs)
    numbers = f"{count['kept']} of {len(pairs)} pairs keep their order, {count['reversed']} are reversed"
    rest = f", {count['not shown']} are not shown to be either" if count["not shown"] else ""
    outcome = "The order does not hold" if count["reversed"] else "The order holds"
    return f"{outcome}: {numbers}{rest}.", int(count["reversed"] > 0)


def make_fresh_config(record: Mapping[str, Any], rows: Sequence[str] | None) -> dict[str, Any]:
    """Return the config of a release with a simulator seed that is drawn now, one training, and these rows.

    Rows that were made outside the suite are left out: they were not made of the new images.

    Raises:
        UserError: its images were not simulated.
    """
    name = record["dataset"]["name"]
    if get_plugin("data", name).meta["real"]:
        why = f"{name} is real: only a simulator can draw new images"
        hint = "verify it without --fresh-seed"
        raise UserError("This release has no simulator seed", where=str(record["release"]), why=why, hint=hint)
    seed = secrets.randbits(FRESH_SEED_BITS)
    fresh: dict[str, Any] = {"data_seed": seed, "dataset_id": f"fresh-{seed}", "seeds": [0], "external": {}}
    if rows is not None:
        fresh |= {"methods": list(rows), "ablation": None}
    return {**record["config"], **fresh}


def run_fresh(part: ReleasePart, rows: Sequence[str] | None) -> Path:
    """Run the rows of a release on images of a new simulator seed; return the results folder.

    Raises:
        UserError: the images are real, or the workflow failed.
    """
    config = make_fresh_config(part.record, rows)
    plan = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), config))
    path = plan.layout.root / "config.json"
    write_json(path, config)
    scores = [str(plan.layout.run_folder(run.id, run.seed) / "scores.csv") for run in plan.runs]
    command = ["--cores", "all", "--resources", "gpu=2", "--configfile", str(path), "--", *scores]
    print(f"simulator seed {config['data_seed']}, drawn now", flush=True)
    if subprocess.run([sys.executable, "-m", "snakemake", *command], check=False).returncode:
        hint = f"see above; run it again: snakemake --cores all --configfile {path}"
        raise UserError("The workflow failed on the new images", where=str(plan.layout.root), hint=hint)
    return plan.layout.root
