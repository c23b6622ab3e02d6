"""``verify``: checks runs against the published seeds of the same methods; ``replay``: trains a published row again."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sspbench.errors import UserError
from sspbench.releases.release_folder import RELEASES_DIR, find_release_part, find_releases

if TYPE_CHECKING:
    from ..compare.recorded_results import RecordedResults
    from ..tables.record import Table
    from .verdicts import RowVerdict

REPLAY_DESCRIPTION = """Prepare the images of a release, train one row again with the settings it recorded, enhance and
score; then compare losses and the measures of the images with the published ones. Masks are left out: they need the
segmenter too."""

REPLAY_EPILOG = """Exit status: 0 where the replay is equal or within rounding; 1 where it is different; 2 where the
row cannot be replayed."""

VERIFY_DESCRIPTION = """Compare runs with published seeds of the same methods: prediction bands for every measure and
for the losses at five points. docs/verify.md says how, and how often it is right."""

VERIFY_EPILOG = """Exit status: 0 where every row is consistent; 1 where one is not; 3 where the published seeds are
too few; 2 where the question cannot be answered."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``replay`` and ``verify``."""
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

    parser = commands.add_parser(
        "verify", help="are runs consistent with published seeds?", description=VERIFY_DESCRIPTION, epilog=VERIFY_EPILOG
    )
    parser.add_argument("results", metavar="RESULTS", help="results/<data set>/<preset>")
    parser.add_argument(
        "--against", metavar="RELEASE", help="a release or results with three seeds or more (the newest)"
    )
    parser.add_argument("--rows", nargs="*", metavar="ROW", help="only these rows, e.g. sspnet sspnet+gan")
    parser.add_argument("--output", type=Path, help="folder for verify.md and verify.csv")
    fresh_help = "RESULTS is a release of simulated images: draw a simulator seed now, run it, and compare the order"
    parser.add_argument("--fresh-seed", action="store_true", help=fresh_help)
    parser.set_defaults(run=_run_verify)


def _run_replay(args: argparse.Namespace) -> int:
    from ..tables.render.terminal import render_terminal
    from .replay import compare_replay, judge_replay
    from .retrain import compute_again, find_recorded_run
    from .tables import make_replay_table

    run = find_recorded_run(find_release_part(args.release), args.row, args.seed)
    folder = compute_again(run, args.results / run.part.record["release"], args.data_root)
    found = compare_replay(run, folder)
    verdict = judge_replay(found)
    print(f"\n{render_terminal(make_replay_table(found))}")
    print(f"\n{run.row}, seed {run.seed}, replayed from {run.part.name}: {verdict} ({folder})")
    return int(verdict == "different")


def _run_verify(args: argparse.Namespace) -> int:
    from ..compare.recorded_results import open_results

    if args.fresh_seed:
        return _check_order(args.results, args.rows)
    with open_results(args.results) as given, open_results(args.against or _find_newest_release(), given) as published:
        return _print_and_write(given if args.rows is None else given.select_rows(args.rows), published, args.output)


def _find_newest_release() -> str:
    releases = find_releases()
    if not releases:
        raise UserError("No release exists to verify against", where=str(RELEASES_DIR), hint="add --against")
    return str(releases[-1])


def _print_and_write(given: RecordedResults, published: RecordedResults, output: Path | None) -> int:
    """Print the verdicts, write them if asked to, and return the exit status."""
    from ..compare.changes import find_changes
    from ..compare.comparability import drop_parted, find_parted_cells, make_parted_table
    from ..compare.recorded_results import make_row_labeller
    from ..compare.tables import make_change_table
    from ..tables.render.terminal import render_terminal
    from .tables import make_verdict_tables
    from .verdicts import judge_rows

    parted = find_parted_cells(published, given)
    comparable = drop_parted(given, parted)
    found = judge_rows(comparable, published) if comparable.runs else []
    if not found:
        where = f"{given.name}, {published.name}"
        differing = ", ".join(part.label for part in parted)
        why = f"they differ in: {differing}" if parted else "no row and measure is in both"
        hint = "give results of the same methods, data set and preset"
        raise UserError("There is nothing to verify", where=where, why=why, hint=hint)
    records = make_verdict_tables(found, make_row_labeller())
    for more in (make_parted_table(parted), make_change_table(find_changes(published, given))):
        records += [replace(more, title=f"{more.title}; A: published")] if more.rows else []
    print(f"{given.name} against {published.name}\n")
    print("\n\n".join(render_terminal(record) for record in records))
    if output is not None:
        _write_records(records, output)
    return find_exit_status(found)


def find_exit_status(found: list[RowVerdict]) -> int:
    """Return 1 where a row is not consistent, else 3 where one has too few seeds, else 0."""
    verdicts = {one.verdict for one in found}
    if "not consistent" in verdicts:
        return 1
    return 3 if "too few seeds" in verdicts else 0


def _write_records(records: list[Table], folder: Path) -> None:
    from sspbench.files import write_text

    from ..tables.render.csv import render_csv
    from ..tables.render.markdown import render_markdown

    write_text(folder / "verify.md", "\n".join(render_markdown(record) for record in records))
    write_text(folder / "verify.csv", render_csv(records[0]))
    print(f"wrote {folder / 'verify.md'}\nwrote {folder / 'verify.csv'}")


def _check_order(release: str, rows: list[str] | None) -> int:
    """Run a release on images of a new simulator seed, print which pairs keep their order, return the exit status."""
    from ..compare.recorded_results import open_results, read_results_folder
    from ..tables.render.terminal import render_terminal
    from .fresh_seed import compare_order, judge_order, run_fresh
    from .tables import make_rank_check_table

    part = find_release_part(release)
    fresh = run_fresh(part, rows)
    with open_results(str(part.folder)) as published:
        pairs = compare_order(published, read_results_folder(fresh))
    print(f"\n{render_terminal(make_rank_check_table(pairs))}" if pairs else "")
    sentence, status = judge_order(pairs)
    print(f"\n{sentence} ({fresh})")
    return status
