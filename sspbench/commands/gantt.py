"""``gantt``: when each job of a workflow run computed, on which core, and what stood idle, from Snakemake's own log."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from ..errors import UserError
from ..files import write_text

MAX_TERMINAL_ROWS = 24
"""Cores shown on a terminal; the picture shows all."""

TIME_PATTERN = re.compile(r"\[(\w{3} \w{3} +\d+ [\d:]{8} \d{4})\]")
START_PATTERN = re.compile(r"\s*(?:local)?(?:rule|checkpoint) (\w+):")
END_PATTERN = re.compile(r"\s*(?:Finished jobid: (\d+)|Error in rule \w+:)")
DETAIL_PATTERN = re.compile(r"\s+(jobid|wildcards|threads): (.+)")
RULE_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999999", "#332288", "#882255")
"""Of the rules in the order in which they began (from Paul Tol's schemes, for all eyes)."""


@dataclass
class JobBar:
    """A job: its rule, what it was for, from when to when (seconds of the epoch), and its cores."""

    rule: str
    start: float
    end: float
    subject: str = ""
    threads: int = 1
    failed: bool = False
    row: int = 0


@dataclass(frozen=True)
class GanttChart:
    """Jobs in the order in which they began, placed on the rows of ``cores``."""

    bars: Sequence[JobBar]
    cores: int

    @property
    def rows(self) -> int:
        """Rows to draw; more than cores where jobs of several threads leave gaps between them."""
        return max(self.cores, *(bar.row + bar.threads for bar in self.bars))

    @property
    def span(self) -> tuple[float, float]:
        """First start and last end."""
        return self.bars[0].start, max(bar.end for bar in self.bars)

    @property
    def idle_share(self) -> float:
        """Share of the core time between both that no job had."""
        start, end = self.span
        taken = sum(bar.threads * (bar.end - bar.start) for bar in self.bars)
        return 1 - taken / (self.cores * (end - start)) if end > start else 0.0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``gantt``."""
    parser = commands.add_parser("gantt", help="when each job of a run computed, and what stood idle")
    parser.add_argument("results", type=Path, metavar="RESULTS", help="results/DATASET/PRESET, or a log of Snakemake")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="the picture to write (default: RESULTS/gantt.svg)")
    parser.set_defaults(run=_gantt)


def _gantt(args: argparse.Namespace) -> int:
    log = args.results if args.results.is_file() else find_newest_log(args.results)
    chart = parse_snakemake_log(log.read_text())
    if chart is None:
        raise UserError("No job began in this log", where=str(log), hint="give a log of a run")
    target = args.svg or (Path("gantt.svg") if args.results.is_file() else args.results / "gantt.svg")
    print("\n".join([f"from {log}", *draw_terminal_chart(chart, shutil.get_terminal_size((100, 24)).columns)]))
    write_text(target, render_gantt_svg(chart))
    print(f"wrote {target}")
    return 0


def find_newest_log(results: Path) -> Path:
    """Return the newest log of Snakemake that names a file of these results as an output or log of a job.

    Raises:
        UserError: there is none.
    """
    for home in results.resolve().parents:
        named = f" {results.resolve().relative_to(home).as_posix()}/"
        for log in sorted((home / ".snakemake" / "log").glob("*.log"), reverse=True):
            if any(named in line for line in log.read_text().splitlines() if line.lstrip().startswith("log:")):
                return log
    hint = "give results/DATASET/PRESET in the folder where Snakemake ran, or its log"
    raise UserError("No Snakemake log mentions these results", where=str(results), hint=hint)


def parse_snakemake_log(text: str) -> GanttChart | None:
    """Return the jobs of a log of Snakemake; those that have not ended last until its last time. None: no job began."""
    bars: list[JobBar] = []
    running: dict[str, JobBar] = {}
    now, failing, told = 0.0, False, re.search(r"Provided cores: (\d+)", text)
    for line in text.splitlines():
        if stamp := TIME_PATTERN.fullmatch(line):
            now = datetime.strptime(stamp[1], "%a %b %d %H:%M:%S %Y").timestamp()
        elif begun := START_PATTERN.fullmatch(line):
            bars.append(JobBar(begun[1], now, -1.0))
            failing = False
        elif ended := END_PATTERN.match(line):
            failing = ended[1] is None
            if ended[1] in running:
                running.pop(ended[1]).end = now
        elif (detail := DETAIL_PATTERN.fullmatch(line)) and bars:
            _record_detail(detail[1], detail[2], bars[-1], running, now if failing else None)
    bars = [bar for bar in bars if bar.rule != "all"]
    for bar in running.values():
        bar.end = now
    used = _assign_rows(bars)
    return GanttChart(bars, int(told[1]) if told else used) if bars else None


def _record_detail(key: str, value: str, bar: JobBar, running: dict[str, JobBar], failed_at: float | None) -> None:
    """Take a detail of the job that begins, or of the one that failed."""
    if failed_at is not None:
        if key == "jobid" and value in running:
            failed = running.pop(value)
            failed.end, failed.failed = failed_at, True
    elif key == "jobid":
        running[value] = bar
    elif key == "threads":
        bar.threads = int(value)
    else:
        values = dict(part.split("=", 1) for part in value.split(", ") if "=" in part)
        bar.subject = values.get("run", values.get("dataset", ""))


def _assign_rows(bars: Sequence[JobBar]) -> int:
    """Give every job the first rows that are free; return how many rows there are."""
    free: list[float] = []
    for bar in bars:
        width = bar.threads
        fits = (row for row in range(len(free) + 1) if max(free[row : row + width], default=0.0) <= bar.start)
        bar.row = next(fits)
        free += [0.0] * (bar.row + width - len(free))
        free[bar.row : bar.row + width] = [bar.end] * width
    return len(free)


def draw_terminal_chart(chart: GanttChart, columns: int) -> Iterator[str]:
    """Yield the lines for a terminal, 40 at most: a row for each core, then what each rule took."""
    start, end = chart.span
    width = max(columns - 5, 20)
    scale = width / max(end - start, 1.0)
    rows = [["·"] * width for _ in range(chart.rows)]
    for bar in chart.bars:
        left = min(int((bar.start - start) * scale), width - 1)
        room = max(int((bar.end - start) * scale) - left, 1)
        for row in rows[bar.row : bar.row + bar.threads]:
            row[left : left + room] = (f"{bar.rule} {bar.subject}"[: room - 1].ljust(room - 1, "━") + "┃")[-room:]
    yield from (f"{number:>4} {''.join(row)}" for number, row in enumerate(rows[:MAX_TERMINAL_ROWS]))
    if chart.rows > MAX_TERMINAL_ROWS:
        yield f"     and {chart.rows - MAX_TERMINAL_ROWS} more cores in the picture"
    minutes = (end - start) / 60
    yield f"     0{f'{minutes:.1f} min':>{width - 1}}"
    for rule in list(dict.fromkeys(bar.rule for bar in chart.bars))[:10]:
        jobs = [bar for bar in chart.bars if bar.rule == rule]
        spent = sum(bar.threads * (bar.end - bar.start) for bar in jobs)
        yield f"{rule:<16} {len(jobs):>4} jobs {spent / 60:>8.1f} core min{_failure_text(jobs)}"
    yield f"{chart.idle_share:.1%} of {chart.cores} cores x {minutes:.1f} min had no job"


def _failure_text(jobs: Sequence[JobBar]) -> str:
    failed = sum(bar.failed for bar in jobs)
    return f", {failed} failed" if failed else ""


def render_gantt_svg(chart: GanttChart) -> str:
    """Return the chart as SVG: a row for each core, a colour for each rule; pointing at a job tells what it was."""
    start, end = chart.span
    scale, height = 1000 / max(end - start, 1.0), 24 * chart.rows
    rules = list(dict.fromkeys(bar.rule for bar in chart.bars))
    colours = {rule: RULE_COLOURS[number % len(RULE_COLOURS)] for number, rule in enumerate(rules)}
    parts = [f'<rect x="10" y="10" width="1000" height="{height}" fill="#eeeeee"/>']
    for bar in chart.bars:
        left, width = 10 + (bar.start - start) * scale, max((bar.end - bar.start) * scale, 0.5)
        name = escape(f"{bar.rule} {bar.subject}".strip())
        told = f"{name}: {bar.end - bar.start:.0f} s{', failed' if bar.failed else ''}"
        box = f'x="{left:.1f}" y="{11 + 24 * bar.row}" width="{width:.1f}" height="{24 * bar.threads - 2}"'
        edge = "#000000" if bar.failed else "#ffffff"
        parts.append(f'<rect {box} fill="{colours[bar.rule]}" stroke="{edge}"><title>{told}</title></rect>')
        if width > 6.5 * len(name) + 8:
            parts.append(f'<text x="{left + 4:.1f}" y="{26 + 24 * bar.row}" fill="#ffffff">{name}</text>')
    for number, rule in enumerate(rules):
        x, y = 10 + 125 * (number % 8), height + 50 + 20 * (number // 8)
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{colours[rule]}"/>')
        parts.append(f'<text x="{x + 17}" y="{y}">{escape(rule)}</text>')
    minutes = f"{(end - start) / 60:.1f} min, {chart.idle_share:.1%} of core time without a job"
    parts.append(f'<text x="10" y="{height + 26}">0</text>')
    parts.append(f'<text x="1010" y="{height + 26}" text-anchor="end">{minutes}</text>')
    size = f'viewBox="0 0 1020 {height + 60 + 20 * ((len(rules) - 1) // 8)}"'
    style = 'font-family="sans-serif" font-size="11"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join(parts) + "\n</svg>\n"
