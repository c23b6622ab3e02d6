"""``architecture``: updates ARCHITECTURE.md from real imports, and finds imports that break the layout."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from ..checkout import ROOT
from ..errors import UserError
from ..files import write_text
from ..workflow.code_digests import imported_modules

FRAME = "sspbench"
# Folders of plugins, the packages and the report: they import the frame, never each other.
STAGE_FOLDERS = ("data", "methods", "segmentation", "metrics", "packages", "report")

# The report shows what the audit finds.
ALLOWED_IMPORTS = frozenset({("report", "packages/table-audit")})

# Folders whose code imports from `sspbench` alone (commands and benchmarks excepted).
PLUGIN_FOLDERS = ("data", "methods", "segmentation", "metrics")

# The rooms of the frame, the foundation first: a room imports only from those before it.
ROOMS = {
    "": "foundation: errors with hints, atomic files, the contract of plugins",
    "images": "reads and checks pixels, labels, archives and manifests; writes 8-bit PNG",
    "jobs": "keeps a job safe: GPU slots, locks, time budgets, provenance, how it ended",
    "plugins": "finds plugins by their YAML; kinds, parameters, groups of rows",
    "config": "turns the config into runs: checked, resolved, with all paths",
    "workflow": "serves the Snakefile: code digests, rule parameters, forecast, lock",
    "releases": "packs published results as text for git, and unpacks them into a results folder",
    "training": "what all networks share: losses, schedules, batches, checkpoints, the loop",
    "stages": "the steps that the workflow runs, each from files to files",
    "plugin_checks": "templates for new plugins, and the rules that a plugin must pass",
    "offline_page": "writes one HTML file in which a browser enhances pictures",
    "commands": "the command line, and commands that are not stages",
}

MAX_FILE_LINES = 300

VAGUE_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager"})

ARCHITECTURE_FILE = ROOT / "ARCHITECTURE.md"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``architecture``."""
    parser = commands.add_parser(
        "architecture", help="update the graph and tables of ARCHITECTURE.md, and check the layout"
    )
    parser.set_defaults(run=_architecture)


def _architecture(_args: argparse.Namespace) -> int:
    write_text(ARCHITECTURE_FILE, render_architecture(ARCHITECTURE_FILE.read_text(encoding="utf-8")))
    wrong = find_layout_faults()
    print("\n".join(wrong) or f"wrote {ARCHITECTURE_FILE.name}")
    return 1 if wrong else 0


def find_modules(root: Path = ROOT) -> list[Path]:
    """Return all Python files of the frame and the stage folders, sorted."""
    found = [path for folder in (FRAME, *STAGE_FOLDERS) for path in (root / folder).rglob("*.py")]
    left_out = {"images", "raw", "tests"}
    return sorted(path for path in found if not left_out & set(path.relative_to(root).parts[1:-1]))


def part_of_file(path: Path, root: Path = ROOT) -> str:
    """Return the part of the system that a file belongs to.

    That is the frame with its sub-package, a plugin's folder, a metric family, or the report.

    >>> part_of_file(ROOT / "methods/sspnet/losses.py"), part_of_file(ROOT / "sspbench/training/loop.py")
    ('methods/sspnet', 'sspbench/training')
    >>> part_of_file(ROOT / "sspbench/files.py"), part_of_file(ROOT / "packages/table-audit/src/claims.py")
    ('sspbench', 'packages/table-audit')
    """
    parts = path.relative_to(root).parts
    if parts[0] in ("metrics", "report") or len(parts) == 2:
        return parts[0]
    return "/".join(parts[:2])


def find_part_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """Return, for each part, the other parts it imports anywhere in its code."""
    edges: dict[str, set[str]] = {}
    for path in find_modules(root):
        if path.parent == root / FRAME and path.stem in ("__init__", "__main__"):
            continue  # the doors
        own = part_of_file(path, root)
        local = [file for file in imported_modules(path) if file.is_relative_to(root)]
        edges.setdefault(own, set()).update({part_of_file(file, root) for file in local} - {own})
    return edges


def find_layout_faults(root: Path = ROOT) -> list[str]:
    """Return what breaks the rules of the layout, one sentence each."""
    return [*_find_wrong_imports(root), *_find_cycles(root), *_find_deep_imports(root), *_find_file_faults(root)]


def _find_wrong_imports(root: Path) -> Iterator[str]:
    order = list(ROOMS)
    for own, others in sorted(find_part_imports(root).items()):
        if own.startswith(FRAME) and _room_of_part(own) not in ROOMS:
            yield f"{own} is not a room of the frame: add it to ROOMS"
            continue
        for other in sorted(others):
            if own.startswith(FRAME) and not other.startswith(FRAME):
                yield f"{own} imports {other}: the frame knows no plugin by name"
            elif own.startswith("packages/") and (own, other) not in ALLOWED_IMPORTS:
                yield f"{own} imports {other}: a package works without the suite"
            elif not own.startswith(FRAME) and not other.startswith(FRAME) and (own, other) not in ALLOWED_IMPORTS:
                yield f"{own} imports {other}: stage folders meet in the frame, or in files"
            elif own.startswith(FRAME) and _room_of_part(other) in order[order.index(_room_of_part(own)) + 1 :]:
                yield f"{own} imports {other}, a later room: the order is {', '.join(order[1:])}"


def _room_of_part(part: str) -> str:
    return part.partition("/")[2]


def _find_cycles(root: Path) -> Iterator[str]:
    """Yield a cycle of imports between files, wherever in the files the imports stand."""
    modules = find_modules(root)
    graph = {
        path: sorted(imported_modules(path).intersection(modules) - {path.parent / "__init__.py"}) for path in modules
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        names = [str(path.relative_to(root)) for path in reversed(error.args[1])]
        yield f"a cycle of imports: {' -> '.join(names)}"


def _find_deep_imports(root: Path) -> Iterator[str]:
    for path in find_modules(root):
        if path.relative_to(root).parts[0] in PLUGIN_FOLDERS and path.stem not in ("commands", "compare"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{FRAME}."):
                    yield f"{path.relative_to(root)} imports from {node.module}: a plugin imports from {FRAME} alone"


def _find_file_faults(root: Path) -> Iterator[str]:
    for path in find_modules(root):
        name, text = path.relative_to(root), path.read_text()
        length = len(text.splitlines())
        if length > MAX_FILE_LINES:
            yield f"{name} has {length} lines: split it ({MAX_FILE_LINES} at most)"
        if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES:
            yield f"{name}: name it after what it does"
        if not ast.get_docstring(ast.parse(text)):
            yield f"{name} has no docstring"


def render_architecture(text: str, root: Path = ROOT) -> str:
    """Return the text of ARCHITECTURE.md with the parts that follow from the code renewed.

    Raises:
        UserError: a marker is missing.
    """
    text = _replace_between_markers(text, "rooms", _room_lines())
    return _replace_between_markers(text, "graph", _graph_lines(root))


def _replace_between_markers(text: str, name: str, lines: Iterator[str]) -> str:
    start, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, found_start, rest = text.partition(start)
    _, found_end, tail = rest.partition(end)
    if not (found_start and found_end):
        hint = "restore it: git checkout -- ARCHITECTURE.md"
        raise UserError(
            f"The marker {name!r} is missing", where=str(ARCHITECTURE_FILE), why=f"{start} ... {end}", hint=hint
        )
    return "".join([head, start, "\n", *(f"{line}\n" for line in lines), end, tail])


def _room_lines() -> Iterator[str]:
    yield "| room | what it does |"
    yield "| --- | --- |"
    for room, text in ROOMS.items():
        yield f"| `{FRAME}/{room}` | {text} |".replace("/`", "`")


def _graph_lines(root: Path) -> Iterator[str]:
    """Yield the graph of rooms: an edge is left out where a longer way has the same ends."""
    edges = {
        _room_of_part(own) or FRAME: {_room_of_part(other) or FRAME for other in others}
        for own, others in find_part_imports(root).items()
        if own.startswith(FRAME)
    }
    yield "```mermaid"
    yield "graph BT"
    for own in sorted(edges):
        below = {far for other in edges[own] for far in _reachable(other, edges)}
        for other in sorted(edges[own] - below):
            yield f"  {own} --> {other}"
    yield "```"


def _reachable(part: str, edges: Mapping[str, set[str]]) -> set[str]:
    """Return the parts that a part imports, directly or through others."""
    direct = edges.get(part, set())
    return direct | {far for other in direct for far in _reachable(other, edges)}
