"""Commands of the metrics folder: ``bench-metrics`` and ``fit-niqe``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .benchmark.race import MetricTiming


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the command line."""
    parser = subparsers.add_parser(
        "bench-metrics",
        help="time our measures and the usual libraries side by side",
        description="Times the quality and mask measures and the usual libraries on the same images, one thread, in "
        "one run, and prints CPU seconds, ratio and the largest difference. Takes about a minute.",
    )
    parser.add_argument("--images", type=Path, help="folder of images of one size (default: generated, 384 x 384)")
    parser.add_argument("--count", type=int, default=60, help="number of images (default: 60)")
    parser.set_defaults(run=bench_metrics)
    parser = subparsers.add_parser(
        "fit-niqe",
        help="fit a NIQE model to good images of your domain",
        description="Fits a NIQE model to a folder of good images (about a hundred) and says how to use it: the table "
        "then has NIQE-HQ beside NIQE.",
    )
    parser.add_argument("images", type=Path, help="folder of good images, e.g. the high-quality training images")
    parser.add_argument("output", type=Path, help="the model to write (.npz)")
    parser.set_defaults(run=fit_niqe)


def bench_metrics(args: argparse.Namespace) -> int:
    """Run the comparison and print it."""
    from .benchmark.inputs import make_bench_batch
    from .benchmark.race import time_metrics

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


def fit_niqe(args: argparse.Namespace) -> int:
    """Fit and write a model."""
    from sspbench.errors import UserError
    from sspbench.images.grey import list_images, read_stack

    from .niqe import fit_niqe_model

    paths = list_images(args.images) if args.images.is_dir() else []
    try:
        if not paths:
            raise ValueError("no images")
        model = fit_niqe_model(read_stack(paths))
    except ValueError as error:
        raise UserError(
            "No NIQE model can be fitted to these images",
            where=str(args.images),
            why=str(error),
            hint="give a folder of images of at least 96 x 96 pixels, about a hundred",
        ) from error
    output = args.output.with_suffix(".npz")
    model.save(output)
    print(f"{output}: fitted to {len(paths)} images; use it with --config 'metrics={{niqe: {{hq_model: {output}}}}}'")
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
