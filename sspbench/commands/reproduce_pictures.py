"""Pull a run with its images through DVC; rebuild tables, figures and page: no GPU, no training, byte for byte."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ..config.config_files import DEFAULT_CONFIG_FILE, read_config
from ..config.plan import Plan
from ..errors import UserError
from ..files import sha256

ALLOWED_RULES = ("analyse", "tables", "figures", "report")  # the only rules of the workflow that may run
REBUILT_FOLDERS = ("analysis", "tables", "figures")  # what these rules write besides the page


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``reproduce-pictures``."""
    parser = commands.add_parser(
        "reproduce-pictures", help="pull a run with its images (DVC), rebuild tables, figures and page, and compare"
    )
    parser.add_argument("--no-pull", action="store_true", help="use the results that are here, do not run dvc pull")
    parser.set_defaults(run=_reproduce)


def _reproduce(args: argparse.Namespace) -> int:
    root = Plan(read_config(DEFAULT_CONFIG_FILE)).layout.root
    if not args.no_pull:
        _pull_release()
    released = _hash_rebuilt_files(root)
    if not released:
        hint = "pull a release, or run the benchmark first"
        raise UserError("Nothing to reproduce: no released results", where=str(root), hint=hint)
    _remove_rebuilt_files(root)
    _run_module("snakemake", "--cores", "all", "--quiet", "rules", "--allowed-rules", *ALLOWED_RULES, gpu=False)
    return _compare_hashes(released, _hash_rebuilt_files(root), root)


def _pull_release() -> None:
    """Get the released data and results and mark them current.

    Files that were pulled are newer or older than others by chance. Without ``--forceall`` only the last rules would be
    marked, and later edits of a method would go unseen for want of a record.
    """
    _run_module("dvc", "pull", "dvc.yaml")
    changed = _changed_since_release()
    if changed:
        text = f"note: changed since the release: {', '.join(changed)}; its results are taken as current all the same"
        print(text, file=sys.stderr)
    _run_module("snakemake", "--touch", "--forceall", "--cores", "1", "--quiet", "all")


def _changed_since_release() -> list[str]:
    """Return what the released results depend on and what differs from the release."""
    command = [sys.executable, "-m", "dvc", "status", "--json", "dvc.yaml"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        why, hint = done.stderr.strip(), "see what is wrong: python -m dvc status dvc.yaml"
        raise UserError("dvc cannot compare the files with the release", where="dvc.yaml", why=why, hint=hint)
    entries = [entry for stage in json.loads(done.stdout).values() for entry in stage if isinstance(entry, dict)]
    return sorted({name for entry in entries for name in entry.get("changed deps", {})})


def _run_module(module: str, *arguments: str, gpu: bool = True) -> None:
    command = [sys.executable, "-m", module, *arguments]
    print("$", module, *arguments, flush=True)
    environment = os.environ if gpu else {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    if subprocess.run(command, env=environment, check=False).returncode:
        hint = "see above; released files that are gone come back with: dvc checkout"
        raise UserError(f"{module} failed", where=" ".join(arguments), hint=hint)


def _hash_rebuilt_files(root: Path) -> dict[str, str]:
    """Return the SHA-256 of the files that are rebuilt, by their paths in the results."""
    found = [*root.glob("report.html"), *(path for name in REBUILT_FOLDERS for path in (root / name).rglob("*"))]
    return {str(path.relative_to(root)): sha256(path) for path in found if path.is_file()}


def _remove_rebuilt_files(root: Path) -> None:
    for name in REBUILT_FOLDERS:
        shutil.rmtree(root / name, ignore_errors=True)
    (root / "report.html").unlink(missing_ok=True)


def _compare_hashes(released: Mapping[str, str], rebuilt: Mapping[str, str], root: Path) -> int:
    different = {name for name, _ in released.items() ^ rebuilt.items()}
    for name in sorted(different):
        print(f"DIFFERS  {root / name}", file=sys.stderr)
    print(f"{len(released.keys() - different)} of {len(released)} files are equal")
    return 1 if different else 0
