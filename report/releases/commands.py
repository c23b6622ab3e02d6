"""Commands of releases: ``publish``, ``merge``, ``reproduce-tables``, ``check-release``."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path

from sspbench.commands.config_options import add_config_options, config_from_args
from sspbench.config.datasets import build_plans
from sspbench.errors import UserError
from sspbench.jobs.machine import count_cores
from sspbench.releases.release_folder import RELEASES_DIR, ReleasePart, find_release_parts, find_releases


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    publishing = commands.add_parser("publish", help="put the numbers of a run into results/published, for git")
    publishing.add_argument("--release", required=True, metavar="NAME", help="e.g. v1; the last in order is the newest")
    publishing.add_argument(
        "--renew", action="store_true", help="recompute the release's tables and figures; its scores stay"
    )
    add_config_options(publishing)
    publishing.set_defaults(run=_publish)
    merging = commands.add_parser("merge", help="join two releases with the same images, metrics, segmenter and preset")
    merging.add_argument("first", type=Path, metavar="A", help="results/published/<release>")
    merging.add_argument("second", type=Path, metavar="B", help="another: further rows, or further seeds")
    merging.add_argument("--release", required=True, metavar="NAME", help="name of the new release")
    merging.set_defaults(run=_merge)
    again = commands.add_parser(
        "reproduce-tables", help="rebuild a release's tables, statistics and figures from its scores and compare"
    )
    again.add_argument("release", nargs="?", type=Path, help="results/published/<release>; default: the newest")
    again.add_argument("--keep", type=Path, metavar="DIR", help="a new folder for the rebuilt files")
    again.set_defaults(run=_reproduce)
    checking = commands.add_parser(
        "check-release", help="check a release: its hashes, provenance, tables from its scores, and our own audit"
    )
    checking.add_argument("release", type=Path, metavar="DIR", help="results/published/<release>")
    checking.set_defaults(run=_check)


def _publish(args: argparse.Namespace) -> int:
    from .publish import describe_checkout, publish_release, renew_release, withdraw_part

    if args.renew:
        for part in find_release_parts(RELEASES_DIR / args.release):
            changed = renew_release(part, describe_checkout())
            print("\n".join(f"renewed  {name}" for name in changed) or "nothing changed:", f"{part.folder}")
        return 0
    with ExitStack() as undone:  # a release is whole or not there
        for plan in build_plans(config_from_args(args), args.results).values():
            part, new = publish_release(plan, args.release, describe_checkout())
            if new:
                undone.callback(withdraw_part, part.folder)
            size = sum((part.folder / name).stat().st_size for name in part.list_files())
            print(f"{'published' if new else 'already published, unchanged'}: {part.folder} ({size / 1e6:.2f} MB)")
        undone.pop_all()
    print(f"now: git add {RELEASES_DIR / args.release} && git commit")
    return 0


def _merge(args: argparse.Namespace) -> int:
    from .merge import pair_parts
    from .publish import describe_checkout, merge_releases, withdraw_part

    with ExitStack() as undone:
        for pair in pair_parts(find_release_parts(args.first), find_release_parts(args.second)):
            part = merge_releases(pair, args.release, describe_checkout())
            undone.callback(withdraw_part, part.folder)
            print(f"joined {pair[0].name} and {pair[1].name}: {part.folder}")
        undone.pop_all()
    return 0


def _reproduce(args: argparse.Namespace) -> int:
    from ..parallel import parallel_map
    from .reproduce import ReleaseComparison, reproduce_release

    chosen = [args.release] if args.release else find_releases()
    if not chosen:
        print("no release is published yet: nothing to reproduce")
        return 0
    if args.keep is not None and args.keep.exists():
        why, hint = "its files would be mixed with the rebuilt ones", "name a new folder: --keep DIR"
        raise UserError("The folder for the rebuilt files already exists", where=str(args.keep), why=why, hint=hint)
    parts = find_release_parts(chosen[-1])

    def reproduce(part: ReleasePart) -> ReleaseComparison:
        return reproduce_release(part, args.keep.joinpath(*part.dataset_and_preset) if args.keep else None)

    compared = parallel_map(reproduce, parts, count_cores())
    for one in compared:
        print("\n".join(one.format_lines()))
    return 0 if all(one.agrees for one in compared) else 1


def _check(args: argparse.Namespace) -> int:
    from .check import check_release

    status = 0
    for part in find_release_parts(args.release):
        faults = check_release(part)
        status = 1 if faults else status
        verdict = "do not merge this release" if faults else "hashes, provenance, tables and audit are in order"
        print("\n".join([f"{part.name}:", *(f"  {line}" for line in (*faults, verdict))]))
    return status
