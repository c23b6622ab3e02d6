"""The study's table: which cases ``verify`` calls not consistent, on what evidence, and how often it errs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from report.compare.recorded_results import RecordedResults, read_results_folder
from report.verify.same_seed import DivergenceKind
from report.verify.verdicts import RowVerdict, judge_rows
from sspbench.files import write_text

from .faults import ARITHMETIC_CASES, CORRECT_CASE, FAULT_CASES, TrainingCase

PUBLISHED_SEED_COUNT = 5
"""Seeds that are published."""

RANDOM_DRAWS = 200
"""Draws of five published and one or three further seeds among all right ones."""


def write_verdict_table(output: Path, seeds: int) -> str:
    """Write ``cases.csv`` and ``table.md`` into ``output``; return the table."""
    right = read_results_folder(output / CORRECT_CASE.name)
    published = right.select_seeds(range(PUBLISHED_SEED_COUNT))
    lines = list(_iter_case_records(output, published, seeds))
    write_text(output / "cases.csv", pd.DataFrame(lines).to_csv(index=False, float_format="%.6g"))
    text = "\n".join(
        [*_table_lines(lines, seeds), "", *_false_alarm_lines(right, seeds), _same_seed_line(lines, seeds), ""]
    )
    write_text(output / "table.md", text)
    return text


def _iter_case_records(output: Path, published: RecordedResults, seeds: int) -> Iterator[dict[str, Any]]:
    """Yield for every case and number of seeds what was found, by evidence."""
    for case in (*ARITHMETIC_CASES, *FAULT_CASES):
        given = read_results_folder(output / case.name)
        for count in sorted({1, seeds}):
            found = judge_rows(given.select_seeds(range(count)), published)
            yield {
                "case": case.name,
                "text": case.text,
                "seeds": count,
                "alone": sum(
                    _is_not_consistent(judge_rows(given.select_seeds([seed]), published)) for seed in range(count)
                ),
                **_summarise_evidence(found),
                **_compare_losses(given, published),
            }


def _summarise_evidence(found: Sequence[RowVerdict]) -> dict[str, Any]:
    outside = [check for one in found for check in one.outside_checks]
    worst = max(outside, key=lambda check: check.distance, default=None)
    kinds = [one.kind for row in found for one in row.same_seed]
    return {
        "verdict": "; ".join(f"{one.row}: {one.verdict}" for one in found),
        "found": _is_not_consistent(found),
        "bands": len(outside),
        "worst": "" if worst is None else f"{worst.feature.row}: {worst.feature.name}",
        "distance": np.nan if worst is None else worst.distance,
        "records": sum(len(one.records) for one in found),
        **{kind: kinds.count(kind) for kind in get_args(DivergenceKind)},
    }


def _is_not_consistent(found: Sequence[RowVerdict]) -> bool:
    return any(one.verdict == "not consistent" for one in found)


def _compare_losses(given: RecordedResults, published: RecordedResults) -> dict[str, float]:
    """Return the largest relative difference of first losses of the same seed, and of losses half way."""
    pairs = [(log, published.losses[key]) for key, log in given.losses.items() if log and published.losses.get(key)]
    return {
        "first_losses": max((_max_relative_difference(one[0][1], other[0][1]) for one, other in pairs), default=np.nan),
        "half_way": max(
            (_max_relative_difference(a[len(a) // 2][1], b[len(b) // 2][1]) for a, b in pairs), default=np.nan
        ),
    }


def _max_relative_difference(one: dict[str, float], other: dict[str, float]) -> float:
    return max(
        abs(one[name] - other[name]) / max(abs(one[name]), abs(other[name])) for name in one.keys() & other.keys()
    )


def _table_lines(lines: Sequence[dict[str, Any]], seeds: int) -> Iterator[str]:
    heads = (
        f"found with 1 seed | with {seeds} seeds | by each alone | farthest outside its band | first losses differ by"
    )
    yield f"| Planted | {heads} |"
    yield "| --- | --- | --- | ---: | --- | ---: |"
    for case in (*ARITHMETIC_CASES, *FAULT_CASES):
        one, all_seeds = (_find_record(lines, case, count) for count in (1, seeds))
        words = [f"{_describe_evidence(line)}" for line in (one, all_seeds)]
        worst = f"{all_seeds['worst']} ({all_seeds['distance']:.1f} half-widths)" if all_seeds["worst"] else "–"
        alone = f"{all_seeds['alone']} of {seeds}"
        first = f"{100 * all_seeds['first_losses']:.2g} %"
        yield f"| {case.text} | {words[0]} | {words[1]} | {alone} | {worst} | {first} |"


def _find_record(lines: Sequence[dict[str, Any]], case: TrainingCase, count: int) -> dict[str, Any]:
    return next(line for line in lines if (line["case"], line["seeds"]) == (case.name, count))


def _describe_evidence(line: dict[str, Any]) -> str:
    evidence = [name for name in ("bands", "records", *get_args(DivergenceKind)) if line[name]]
    return f"yes ({', '.join(evidence)})" if evidence else "no"


def _false_alarm_lines(right: RecordedResults, seeds: int) -> Iterator[str]:
    """Yield how often right trainings were called not consistent, over random draws of who is published."""
    random = np.random.default_rng(0)
    for count in sorted({1, seeds}):
        wrong = 0
        for _ in range(RANDOM_DRAWS):
            drawn = [int(seed) for seed in random.permutation(right.seeds)[: PUBLISHED_SEED_COUNT + count]]
            found = judge_rows(
                right.select_seeds(drawn[PUBLISHED_SEED_COUNT:]), right.select_seeds(drawn[:PUBLISHED_SEED_COUNT])
            )
            wrong += _is_not_consistent(found)
        drawn_from = f"{RANDOM_DRAWS} draws of {len(right.seeds)} right trainings"
        yield f"False alarms with {count} further seed(s): {wrong} of {drawn_from}."


def _same_seed_line(lines: Sequence[dict[str, Any]], seeds: int) -> str:
    """Return how often a right training under a published seed, in other arithmetic, was called not consistent."""
    wrong = sum(_find_record(lines, case, seeds)["alone"] for case in ARITHMETIC_CASES)
    return f"False alarms under published seeds, in other arithmetic: {wrong} of {seeds * len(ARITHMETIC_CASES)}."
