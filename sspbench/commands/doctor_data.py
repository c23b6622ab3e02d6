"""``doctor data DIR``: what would be done to a folder of images, without keeping anything of it."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..config.overrides import merge_dicts
from ..config.plan import Plan
from .config_options import add_config_options, config_from_args


def register(topics: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``doctor data``."""
    parser = topics.add_parser(
        "data",
        help="check a folder or an archive of your images, and list what a run changes in which files",
        description="Prepares the images in a temporary folder exactly as a run would. Lists all faults at once, "
        "or everything done to files (turned, scaled, renamed, left out), and removes the folder.",
    )
    parser.add_argument("root", type=Path, metavar="DIR", help="your folder or archive")
    parser.add_argument("--dataset", default="folder", help="the data set whose layout it has (default: folder)")
    add_config_options(parser)
    parser.set_defaults(run=_doctor_data)


def _doctor_data(args: argparse.Namespace) -> int:
    config = merge_dicts(config_from_args(args), {"dataset": args.dataset, "data_root": str(args.root)})
    settings = Plan(config, args.results).prepare_settings()
    print("\n".join(examine_dataset(settings)))
    return 0


def examine_dataset(settings: dict[str, Any]) -> Iterator[str]:
    """Prepare a data set in a temporary folder; yield what it holds and what was done to files, a line each.

    Raises:
        UserError: the source is faulty; all faults at once.
    """
    from ..stages.prepare import fill_prepared_folder

    with tempfile.TemporaryDirectory(prefix="sspbench-doctor-") as temporary:
        manifest = fill_prepared_folder(settings, Path(temporary) / "images")
        counts = {split: count for split, count in manifest.content["counts"].items() if count}
        yield f"ok      {settings['data_root']}: " + ", ".join(f"{count} {split}" for split, count in counts.items())
        yield from manifest.white_table()
        yield manifest.describe_scale()
        yield from (f"note    {line}" for line in manifest.notes())
