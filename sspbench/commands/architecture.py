"""``architecture``: writes ARCHITECTURE.md from docstrings and real imports, and finds imports that go wrong."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

from ..checkout import ROOT
from ..files import write_text
from ..workflow.code_digests import imported_modules

FRAME = "sspbench"
STAGE_FOLDERS = ("data", "methods", "segmentation", "metrics", "packages", "report")
"""Folders of plugins, the packages and the report: they import the frame, never each other's insides."""

ALLOWED_IMPORTS = frozenset({("report", "packages/table-audit")})
"""The report shows what the audit finds."""

PLUGIN_FOLDERS = ("data", "methods", "segmentation", "metrics")
"""Folders whose code imports from the frame's front door alone (their commands excepted)."""

ROOMS = {
    "": "the foundation: errors with hints, atomic files, what plugins must be",
    "images": "pixels, labels, archives and manifests: what is read is checked, what is written is grey 8 bit",
    "jobs": "what keeps a job safe: slots of the GPU, locks, budgets, provenance, its end told",
    "plugins": "plugins found by their YAML, their kinds, parameters and groups of rows",
    "config": "from the config to runs: checked, resolved, with all paths",
    "workflow": "what the Snakefile needs: code digests, parameters of rules, the forecast, the lock",
    "releases": "published results as text in git, and back again into a results folder",
    "training": "what all networks share: losses, schedules, starts, batches, checkpoints, the loop",
    "stages": "the steps that the workflow runs, each from files to files",
    "plugin_checks": "templates for new plugins, and the rules that a plugin is tried against",
    "offline_page": "one HTML file in which a browser enhances pictures: scripts, the browser's runtime",
    "commands": "the command line and what it offers beside the stages",
}
"""The rooms of the frame, the foundation first: a room imports from those before it."""

MAX_FILE_LINES = 300
"""Lines beyond which a file is split."""

VAGUE_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager"})
"""Names that say nothing."""

ARCHITECTURE_FILE = ROOT / "ARCHITECTURE.md"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``architecture``."""
    parser = commands.add_parser("architecture", help="write ARCHITECTURE.md from docstrings and imports")
    parser.set_defaults(run=_architecture)


def _architecture(_args: argparse.Namespace) -> int:
    write_text(ARCHITECTURE_FILE, render_architecture())
    wrong = find_layout_faults()
    print("\n".join(wrong) or f"wrote {ARCHITECTURE_FILE.name}")
    return 1 if wrong else 0


def find_modules(root: Path = ROOT) -> list[Path]:
    """Return all Python files of the frame and the stage folders, sorted."""
    found = [path for folder in (FRAME, *STAGE_FOLDERS) for path in (root / folder).rglob("*.py")]
    left_out = {"images", "raw", "tests"}
    return sorted(path for path in found if not left_out & set(path.relative_to(root).parts[1:-1]))


def module_purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0].strip()


def part_of_file(path: Path, root: Path = ROOT) -> str:
    """Return the part of the system that a file belongs to.

    That is the frame with its sub-package, a plugin's folder, a metric family, or the report.

    >>> part_of_file(ROOT / "methods" / "sspnet" / "losses.py"), part_of_file(ROOT / "sspbench" / "training" / "loop.py")
    ('methods/sspnet', 'sspbench/training')
    >>> part_of_file(ROOT / "sspbench" / "files.py"), part_of_file(ROOT / "packages" / "table-audit" / "src" / "claims.py")
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
            yield f"{own} is no room of the frame: give it its place in ROOMS"
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
    """Yield each cycle of imports between files, wherever in the files the imports stand."""
    graph = {
        path: [file for file in imported_modules(path) if file != path.parent / "__init__.py"]
        for path in find_modules(root)
    }
    done: set[Path] = set()

    def visit(path: Path, trail: list[Path]) -> Iterator[str]:
        if path in trail:
            names = [str(step.relative_to(root)) for step in [*trail[trail.index(path) :], path]]
            yield f"a cycle of imports: {' -> '.join(names)}"
        elif path not in done:
            for other in sorted(graph.get(path, [])):
                yield from visit(other, [*trail, path])
            done.add(path)

    for path in graph:
        yield from visit(path, [])


def _find_deep_imports(root: Path) -> Iterator[str]:
    for path in find_modules(root):
        parts = path.relative_to(root).parts
        if parts[0] in PLUGIN_FOLDERS and path.stem not in ("commands", "compare"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{FRAME}."):
                    yield f"{path.relative_to(root)} imports from {node.module}: a plugin imports from {FRAME} alone"


def _find_file_faults(root: Path) -> Iterator[str]:
    for path in find_modules(root):
        name = path.relative_to(root)
        length = len(path.read_text().splitlines())
        if length > MAX_FILE_LINES:
            yield f"{name} has {length} lines: split it ({MAX_FILE_LINES} at most)"
        if path.stem in VAGUE_NAMES or path.parent.name in VAGUE_NAMES:
            yield f"{name}: name it after what it does"
        if not module_purpose(path):
            yield f"{name} has no docstring"


def render_architecture(root: Path = ROOT) -> str:
    """Return the text of ARCHITECTURE.md."""
    return (
        "\n".join([ARCHITECTURE_HEADER, *_room_lines(), *_import_lines(root), *_rule_lines(), *_file_lines(root)])
        + "\n"
    )


ARCHITECTURE_HEADER = """# Architecture

Written by `python -m sspbench architecture` from docstrings and real imports; a test fails where it is out of date.

The data flow is in `Snakefile`, which holds no logic. Each rule runs `python -m sspbench stage ...` in a process of its
own; between the rules there are only files: grey 8-bit PNG, `weights.safetensors`, `scores.csv`, JSON.

```
prepare(data set) -> train(method, variant, seed) -> enhance -> segment -> score -> tables, figures -> report
                     train(segmenter on HQ images + labels) ---^
```

## Seven files to read, in this order

1. `Snakefile`: which stage makes which files of which others.
2. `sspbench/contract.py`: what a method, a metric family and a data set promise.
3. `methods/cyclegan/method.py`: a learned method, the one to copy; its parameters are in `method.yaml` beside it.
4. `sspbench/config/plan.py`: the checked config becomes runs, each with its settings.
5. `sspbench/training/loop/training.py`: how anything is trained, stopped and resumed to the same bytes.
6. `sspbench/stages/score.py`: saved images and masks become `scores.csv`, one line per value.
7. `report/tables/record.py`: scores become tables of numeric cells, of which page, LaTeX and terminal are renderings.
"""


def _room_lines() -> Iterator[str]:
    yield "## Rooms of the frame\n"
    yield "A room imports only from those above it.\n"
    for room, text in ROOMS.items():
        yield f"- `{FRAME}/{room}`: {text}.".replace("/`", "`")
    yield ""


def _import_lines(root: Path) -> Iterator[str]:
    edges = find_part_imports(root)
    yield "## Who imports whom\n"
    yield "| part | imports |"
    yield "| --- | --- |"
    for own in sorted(edges):
        yield f"| `{own}` | {', '.join(f'`{other}`' for other in sorted(edges[own])) or 'nothing of this checkout'} |"
    yield ""


def _rule_lines() -> Iterator[str]:
    yield "Rules, each with a test:\n"
    yield f"- {', '.join(f'`{name}`' for name in STAGE_FOLDERS)} import `{FRAME}`, never each other's insides;"
    yield f"- a room of `{FRAME}` imports from those before it, and no files import each other in a circle;"
    yield f"- `{FRAME}` imports no plugin by name: folders are found by their YAML (`sspbench/plugins/discovery.py`);"
    yield "- listing, the configuration, the Snakefile and command-line parsing import neither torch nor pyiqa;"
    yield f"- a file has {MAX_FILE_LINES} lines at most, a docstring, and a name that says what it does.\n"


def _file_lines(root: Path) -> Iterator[str]:
    yield "## What is where\n"
    current = ""
    for path in sorted(find_modules(root), key=lambda path: (part_of_file(path, root), path)):
        if part_of_file(path, root) != current:
            current = part_of_file(path, root)
            yield f"\n### `{current}`\n"
        name = path.relative_to(root / current)
        if module_purpose(path):
            yield f"- `{name}`: {module_purpose(path)}"
    yield ""
