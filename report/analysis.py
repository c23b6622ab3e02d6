"""The tables that judge the others: audits, tests, ranks, difference to the paper, sensitivity to definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from audit.claims import check_claims
from audit.engine import audit
from audit.published import load_published
from audit.show import CITATION, claims_frame, overview, to_frame
from sspbench.checkout import ROOT
from sspbench.images.grey import list_images, read_grey
from sspbench.images.manifest import Manifest

from .delta import paper_delta
from .own_audit import audit_own
from .results import Results
from .sensitivity import definitions, sensitivity
from .statistics import friedman, paired_tests
from .tables import Cell, Table

PUBLISHED = ROOT / "report" / "published" / "ssp-net.yaml"
"""The tables of the paper that is reproduced."""


def _grid(frame: pd.DataFrame) -> list[list[Cell]]:
    return [[Cell(str(value)) for value in line] for line in frame.itertuples(index=False)]


def _interval(low: float, high: float, decimals: int = 4) -> str:
    return "n/a" if np.isnan(low) else f"[{low:.{decimals}f}, {high:.{decimals}f}]"


def _number(value: float, decimals: int = 4) -> str:
    return "n/a" if not np.isfinite(value) else f"{value:.{decimals}f}"


def _p(value: float) -> str:
    return "n/a" if np.isnan(value) else "<0.001" if value < 0.001 else f"{value:.3f}"


def paper_audit(_: Results) -> Iterator[Table]:
    """Yield the audit of the paper's tables and of its claims."""
    published = load_published(PUBLISHED)
    audits = [audit(table) for table in published.tables.values()]
    cells = to_frame(audits)
    short = overview(cells)
    title = "Audit of the published tables: which cells can be true beside the others"
    notes = ["All reasons: audit_paper.csv, or the command audit.", CITATION]
    yield Table("audit_paper", title, list(short.columns), _grid(short), cells, notes)
    claims = claims_frame(check_claims(published))
    shown = claims.loc[claims["about"] == "results", ["quote", "verdict", "detail"]]
    yield Table("audit_claims", "Audit of what the paper's text says", list(shown.columns), _grid(shown), claims)


def own_audit(results: Results) -> Iterator[Table]:
    """Yield the audit of our own means and sds."""
    cells = audit_own(results.scores)
    if cells.empty:
        return
    short = overview(cells).drop(columns="table")
    bad = cells[cells["verdict"].isin(["impossible", "inconsistent"])]
    notes = [f"{line['metric']} of {line['method']}: {line['verdict']}: {line['reason']}" for _, line in bad.iterrows()]
    notes = notes or ["No cell is impossible or inconsistent."]
    yield Table(
        "audit_own", "Audit of our own tables, by the same rules", list(short.columns), _grid(short), cells, notes
    )


def _compared(results: Results) -> pd.DataFrame:
    """Return the scores of the rows of Tables 1 and 3: no positive control."""
    rows = {row.id for row in [*results.rows_of("quality"), *results.ablation_rows]}
    return results.scores[results.scores["row"].isin(rows)]


def _main_metrics(results: Results) -> list[str]:
    return [measure.name for table in ("quality", "segmentation") for measure in results.measures_of(table)]


def _labels(results: Results) -> dict[str, str]:
    return {row.id: row.label for row in results.rows}


def tests(results: Results) -> Iterator[Table]:
    """Yield the paired tests against Origin and against SSP-Net, then the ranks."""
    scores, labels = _compared(results), _labels(results)
    frame = paired_tests(scores)
    shown = frame[frame["metric"].isin(_main_metrics(results))]
    body = [
        [
            Cell(results.measures[line.metric].label),
            Cell(labels[line.row]),
            Cell(labels[line.reference]),
            Cell(str(line.n)),
            Cell(_number(line.difference)),
            Cell(_interval(line.ci_low, line.ci_high)),
            Cell(_p(line.p_holm)),
            Cell(_number(line.rank_biserial, 2)),
        ]
        for line in shown.itertuples(index=False)
    ]
    heads = ["Metric", "Method", "against", "n", "Difference", "95 % CI", "p (Holm)", "Rank-biserial"]
    if body:
        yield Table("tests", "Paired differences over test images", heads, body, frame, list(_test_notes(frame)))
    yield from _ranks(results, scores, labels)


def _test_notes(frame: pd.DataFrame) -> Iterator[str]:
    yield (
        "Wilcoxon signed-rank on seed means, Holm over the methods compared with one reference; interval: "
        + "; ".join(sorted(set(frame["ci_method"]) - {""}))
        + ". All metrics: tests.csv."
    )
    for note, part in frame[frame["note"] != ""].groupby("note"):
        yield f"{len(part)} comparisons: {note}."


def _ranks(results: Results, scores: pd.DataFrame, labels: dict[str, str]) -> Iterator[Table]:
    better = {name: measure.better for name, measure in results.measures.items() if measure.better != "none"}
    overall, ranks, pairs = friedman(scores[scores["metric"].isin(better)], better)
    tested = overall[np.isfinite(overall["p"]) & overall["metric"].isin(_main_metrics(results))]
    if tested.empty:
        return
    wide = ranks.pivot(index="metric", columns="row", values="mean_rank")
    rows = [name for name in labels if name in wide.columns]
    body = [
        [
            Cell(results.measures[line.metric].label),
            *(Cell(_number(wide.loc[line.metric, row], 2)) for row in rows),
            Cell(_number(line.critical_difference, 2)),
            Cell(_p(line.p)),
        ]
        for line in tested.itertuples(index=False)
    ]
    heads = ["Metric", *(labels[row] for row in rows), "CD", "p (Friedman)"]
    notes = ["Rank 1 is best. Methods whose mean ranks differ by less than CD (Nemenyi, 5 %) are not told apart."]
    data = ranks.merge(overall, on=["dataset", "preset", "metric"])
    yield Table("ranks", "Mean ranks over test images", heads, body, data, notes)
    frame = pairs.assign(row=pairs["row"].map(labels), other=pairs["other"].map(labels))
    shown = frame[frame["metric"].isin(tested["metric"])][["metric", "row", "other", "rank_difference", "p_nemenyi"]]
    text = shown.assign(
        rank_difference=shown["rank_difference"].map("{:.2f}".format), p_nemenyi=shown["p_nemenyi"].map(_p)
    )
    yield Table("nemenyi", "Nemenyi's test of every two methods", list(text.columns), _grid(text), pairs)


def delta(results: Results) -> Iterator[Table]:
    """Yield ours beside theirs."""
    frame = paper_delta(results.scores, load_published(PUBLISHED))
    body = [
        [
            Cell(line.metric),
            Cell(f"{line.method} ({line.table.split('_')[0]})"),
            Cell(f"{line.theirs:.4f} ± {line.theirs_sd:.4f}"),
            Cell(f"{_number(line.ours)} {_interval(line.ours_low, line.ours_high)}" if line.ours_n else line.note),
            Cell(_number(line.difference)),
            Cell(_number(line.z, 1)),
            Cell(line.audit),
        ]
        for line in frame.itertuples(index=False)
    ]
    heads = ["Metric", "Cell", "Paper: mean ± sd", "Ours: mean [95 % CI]", "Difference", "z", "Audit of the cell"]
    notes = [f"Known reason: {why}." for why in _reasons(frame)] + ["Reasons cell by cell: paper_delta.csv."]
    yield Table("paper_delta", "Our results beside the published cells", heads, body, frame, notes)


def _reasons(frame: pd.DataFrame) -> Sequence[str]:
    found = {why: None for text in frame["reasons"] for why in text.split("; ") if why and "the audit" not in why}
    return list(found)


def definition_sensitivity(results: Results) -> Iterator[Table]:
    """Yield every row's quality under other definitions: first seed of each run that ended well."""
    images: dict[str, list[Path]] = {}
    for row in results.rows:
        folder = results.folder(row.runs[0]) / "enhanced"
        if results.ended(row) == "done" and folder.is_dir():
            images[row.id] = list_images(folder)
    chosen = definitions(results.plan.config["metrics"], _good_images(results))
    if not images or not chosen:
        return
    frame, labels = sensitivity(images, chosen), _labels(results)
    wide = frame.assign(column=frame["definition"] + " (" + frame["scale"] + ")")
    wide = wide.pivot(index="run", columns="column", values="mean")
    columns = list(dict.fromkeys(frame["definition"] + " (" + frame["scale"] + ")"))
    body = [[Cell(labels[row]), *(Cell(_number(wide.loc[row, column], 3)) for column in columns)] for row in images]
    notes = [f"{line.definition} ({line.scale}), {labels[line.run]}: {line.note}" for line in _noted(frame)]
    title = "Sensitivity of the no-reference measures to their definition (means; first seed)"
    yield Table("definition_sensitivity", title, ["Method", *columns], body, frame, notes)


def _good_images(results: Results) -> list[np.ndarray]:
    """Return the HQ training images, where the prepared data are at hand."""
    path = results.plan.layout.manifest
    return [read_grey(image) for image in Manifest.read(path).paths("trainB")] if path.is_file() else []


def _noted(frame: pd.DataFrame) -> Iterator:
    return frame[frame["note"] != ""].itertuples(index=False)


MAKERS: tuple[Callable[[Results], Iterator[Table]], ...] = (
    delta,
    tests,
    definition_sensitivity,
    paper_audit,
    own_audit,
)
"""The makers of these tables, for ``report.contents``."""
