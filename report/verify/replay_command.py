"""``replay``: one row of a release trained again from its record, beside the published numbers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sspbench.errors import UserError
from sspbench.releases.release_folder import PUBLISHED_DIR, ReleasePart, find_release_parts

if TYPE_CHECKING:
    from ..tables.record import Table
    from .replay import ReplayedQuantity

REPLAY_DESCRIPTION = """Prepare the images of a release, train one row again with the settings it recorded, enhance and
score; then compare losses and the measures of the images with the published ones. Masks are left out: they need the
segmenter too."""

REPLAY_EPILOG = """Exit status: 0 where the replay is equal or within rounding; 1 where it is different; 2 where the
row cannot be replayed."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``replay``."""
    parser = commands.add_parser(
        "replay",
        help="train a row of a release again and compare",
        description=REPLAY_DESCRIPTION,
        epilog=REPLAY_EPILOG,
    )
    parser.add_argument("release", metavar="RELEASE", help="a release by its name, or its <data set>/<preset> folder")
    parser.add_argument("row", metavar="ROW", help="method or method+variant")
    parser.add_argument("--seed", type=int, help="the seed (the first of the release)")
    parser.add_argument("--data-root", type=Path, metavar="DIR", help="your images, where the release was made of such")
    results = Path("results/replay")
    parser.add_argument("--results", type=Path, default=results, help=f"folder of the new run ({results})")
    parser.set_defaults(run=_run_replay)


def find_part(place: str) -> ReleasePart:
    """Return the only part of a release.

    Args:
        place: Its name, or a folder.

    Raises:
        UserError: no release, or one with several parts.
    """
    named = Path("results") / PUBLISHED_DIR / place
    parts = find_release_parts(named if named.is_dir() else Path(place))
    if len(parts) > 1:
        hint = "give one of: " + ", ".join(str(part.folder) for part in parts)
        raise UserError("The release has several data sets or presets", where=place, hint=hint)
    return parts[0]


def _run_replay(args: argparse.Namespace) -> int:
    from ..tables.render.terminal import render_terminal
    from .replay import compare_replay, judge_replay
    from .retrain import compute_again, find_recorded_run

    run = find_recorded_run(find_part(args.release), args.row, args.seed)
    folder = compute_again(run, args.results / run.part.record["release"], args.data_root)
    found = compare_replay(run, folder)
    verdict = judge_replay(found)
    print(f"\n{render_terminal(make_replay_table(found))}")
    print(f"\n{run.row}, seed {run.seed}, replayed from {run.part.name}: {verdict} ({folder})")
    return int(verdict == "different")


def make_replay_table(found: list[ReplayedQuantity]) -> Table:
    """Return every loss and measure with its verdict."""
    from ..tables.record import Cell, Column, Row, Table

    columns = (
        Column("published", "Published"),
        Column("replayed", "Replayed"),
        Column("difference", "Largest difference, relative", form="words"),
        Column("first", "First differs at", form="words"),
        Column("verdict", "Verdict", form="words"),
    )
    rows = tuple(
        Row(
            one.name,
            one.name,
            (
                Cell(mean=one.published),
                Cell(mean=one.replayed),
                Cell(f"{one.difference:.2g}"),
                Cell(one.first or "–"),
                Cell(one.verdict),
            ),
            one.kind,
        )
        for one in found
    )
    notes = ("Equal: in all published digits. Within rounding: to 0.1 %, as another processor may compute it.",)
    return Table("replay", "Replayed and published", columns, rows, notes=notes)
