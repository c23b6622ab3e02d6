"""Commands that measure: ``bench-training``, ``bench-metrics`` and ``simulate-statistics``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from . import training_steps
from .statistics_study import command as statistics_study

if TYPE_CHECKING:
    from .metric_race.race import MetricTiming


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the command line."""
    statistics_study.register(subparsers)
    training_steps.register(subparsers)
    parser = subparsers.add_parser(
        "bench-metrics",
        help="time our measures and the usual libraries side by side",
        description="Times the quality and mask measures and the usual libraries on the same images, one thread, in "
        "one run, and prints CPU seconds, ratio and the largest difference. Takes about a minute.",
    )
    parser.add_argument("--images", type=Path, help="folder of images of one size (default: generated, 384 x 384)")
    parser.add_argument("--count", type=int, default=60, help="number of images (default: 60)")
    parser.set_defaults(run=bench_metrics)


def bench_metrics(args: argparse.Namespace) -> int:
    """Run the comparison and print it."""
    from .metric_race.inputs import make_bench_batch
    from .metric_race.race import time_metrics

    batch = make_bench_batch(args.images, max(1, args.count))
    number, height, width = batch.image.shape
    print(f"{number} images of {height} x {width}, one thread, CPU seconds")
    print(f"{'measure':<22}{'ours':>9}{'stock':>9}{'ratio':>9}{'largest difference':>21}  stock library")
    laps = time_metrics(batch)
    for lap in laps:
        _print_timing(lap.item, lap.ours, lap.stock, lap.difference, lap.library)
    for group, title in (("quality", "four quality measures"), ("masks", "mask measures")):
        _print_group_total(title, [lap for lap in laps if lap.group == group])
    return 0


def _print_timing(item: str, ours: float, stock: float | None, difference: float | None, library: str) -> None:
    others = "-" if stock is None else f"{stock:.3f}"
    ratio = "-" if stock is None else f"{stock / ours:.0f}x"
    apart = "-" if difference is None else f"{difference:.1e}"
    print(f"{item:<22}{ours:>9.3f}{others:>9}{ratio:>9}{apart:>21}  {library}")


def _print_group_total(title: str, laps: list[MetricTiming]) -> None:
    ours = sum(lap.ours for lap in laps)
    stock = sum(lap.stock or 0.0 for lap in laps)
    print(f"{title}: {ours:.2f} s against {stock:.1f} s, {stock / ours:.0f} times faster")
