"""What code a job depends on: a digest of syntax trees, blind to comments, docstrings and layout.

Snakemake does not see edits of imported modules, and listing them as inputs would retrain on a comment. The digest is
passed through ``params:`` and does the right thing both ways. It covers a file and all modules of this checkout that
it imports, directly or not, found by reading (nothing is imported).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from .. import HOME_BY_NAME
from ..checkout import ROOT
from ..files import fingerprint
from ..plugins.metric_families import find_metric_files
from ..plugins.source_files import parse_python

LIBRARY_PACKAGE = "sspbench"

# Modules of the frame that find, report or schedule but cannot change a number: an edit there reruns nothing.
NEUTRAL_FILES = frozenset(
    {
        "sspbench/errors.py",
        "sspbench/jobs/budget.py",
        "sspbench/jobs/descendants.py",
        "sspbench/jobs/folder_lock.py",
        "sspbench/jobs/gpu_slots.py",
        "sspbench/jobs/machine.py",
        "sspbench/jobs/outcome.py",
        "sspbench/jobs/progress.py",
        "sspbench/jobs/provenance.py",
        "sspbench/jobs/subprocess_guard.py",
        "sspbench/plugins/discovery.py",
        "sspbench/plugins/metric_families.py",
        "sspbench/plugins/schemas.py",
        "sspbench/training/loop/guards.py",
        "sspbench/training/loop/training_log.py",
    }
)


def code_digest(files: Iterable[Path]) -> str:
    """Return the digest (16 hexadecimal digits) of the files and every local module they import."""
    parts = []
    for path in sorted(import_closure(files)):
        name = str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name)
        parts.append(f"{name}:{tree_digest(path)}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def digest_metric_families(options: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of the code and options of each metric family: equal digests, comparable values.

    Args:
        options: Options by family name (the config's ``metrics``).
    """
    files = find_metric_files()
    return {name: fingerprint([code_digest([path]), options.get(name, {})])[:16] for name, path in files.items()}


def import_closure(files: Iterable[Path]) -> set[Path]:
    """Return the files and all modules of the checkout they import, transitively."""
    seen: set[Path] = set()
    waiting = [Path(file).resolve() for file in files]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting.extend(imported_modules(path) - _neutral_paths())
    return seen


@cache
def _neutral_paths() -> frozenset[Path]:
    return frozenset((ROOT / name).resolve() for name in NEUTRAL_FILES)


def tree_digest(path: Path) -> str:
    """Return a digest of a module's syntax tree without docstrings."""
    return _digest_and_imports(path)[0]


def imported_modules(path: Path) -> frozenset[Path]:
    """Return the modules of the checkout that a file imports, wherever in the file the import stands."""
    return _digest_and_imports(path)[1]


@cache
def _digest_and_imports(path: Path) -> tuple[str, frozenset[Path]]:
    """Return the digest and the imports of a file, which is parsed once: a dry run reads 150 of them."""
    tree = parse_python(path)
    found: set[Path] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for dotted in _dotted_names(node, path):
                found |= _find_module_files(ROOT, dotted)
        elif isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            _drop_docstrings(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), frozenset(found)


def _drop_docstrings(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Drop bare strings: docstrings, and strings under attributes, which are docstrings by custom."""
    node.body = [
        statement
        for statement in node.body
        if not (
            isinstance(statement, ast.Expr)
            and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str)
        )
    ] or [ast.Pass()]


def _dotted_names(node: ast.AST, path: Path) -> Iterator[tuple[str, ...]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield tuple(alias.name.split("."))
    elif isinstance(node, ast.ImportFrom):
        base: tuple[str, ...] = ()
        if node.level:
            package = path.resolve().parent
            for _ in range(node.level - 1):
                package = package.parent
            base = package.relative_to(ROOT).parts if package.is_relative_to(ROOT) else ()
        base += tuple(node.module.split(".")) if node.module else ()
        for alias in node.names:
            yield (
                (*base, alias.name)
                if base != (LIBRARY_PACKAGE,)
                else (LIBRARY_PACKAGE, *HOME_BY_NAME.get(alias.name, alias.name).split("."))
            )


@cache
def _find_module_files(checkout: Path, dotted: tuple[str, ...]) -> frozenset[Path]:
    """Return the files of a dotted name: its packages' ``__init__.py`` and the module itself.

    The front door itself is left out: it holds no code, and its names are followed to their homes.
    """
    places = (root.joinpath(*dotted[:end]) for root in source_roots(checkout) for end in range(1, len(dotted) + 1))
    candidates = (file for place in places for file in (place / "__init__.py", place.with_suffix(".py")))
    front_door = checkout / LIBRARY_PACKAGE / "__init__.py"
    return frozenset(file for file in candidates if file.is_file() and file != front_door)


@cache
def source_roots(checkout: Path) -> tuple[Path, ...]:
    """Return the folders that imports start from: the checkout, and ``src`` of each package in ``packages``."""
    return checkout, *sorted((checkout / "packages").glob("*/src"))
