"""``architecture``: writes ARCHITECTURE.md from docstrings and real imports, and finds imports that go wrong."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

from .digest import imported
from .discovery import ROOT
from .files import write_text

FRAME = "sspbench"
STAGES = ("data", "methods", "segmentation", "metrics", "report")
"""Folders of plugins and of the report: they import the frame, never each other's insides."""

LONGEST = 300
"""Lines beyond which a file is split."""

VAGUE = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "manager"})
"""Names that say nothing."""

TARGET = ROOT / "ARCHITECTURE.md"


def register(commands: argparse._SubParsersAction) -> None:
    """Add ``architecture``."""
    parser = commands.add_parser("architecture", help="write ARCHITECTURE.md from docstrings and imports")
    parser.set_defaults(run=_architecture)


def _architecture(_args: argparse.Namespace) -> int:
    write_text(TARGET, described())
    wrong = faults()
    print("\n".join(wrong) or f"wrote {TARGET.name}")
    return 1 if wrong else 0


def modules(root: Path = ROOT) -> list[Path]:
    """Return all Python files of the frame and the stage folders, sorted."""
    found = [path for folder in (FRAME, *STAGES) for path in (root / folder).rglob("*.py")]
    prepared = {"images", "raw"}
    return sorted(path for path in found if not prepared & set(path.relative_to(root).parts[1:-1]))


def purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0].strip()


def unit(path: Path, root: Path = ROOT) -> str:
    """Return the part of the system that a file belongs to.

    That is the frame with its sub-package, a plugin's folder, a metric family, or the report.

    >>> unit(ROOT / "methods" / "sspnet" / "losses.py"), unit(ROOT / "sspbench" / "training" / "loop.py")
    ('methods/sspnet', 'sspbench/training')
    >>> unit(ROOT / "sspbench" / "files.py"), unit(ROOT / "report" / "audit" / "table.py")
    ('sspbench', 'report')
    """
    parts = path.relative_to(root).parts
    if parts[0] in ("metrics", "report") or len(parts) == 2:
        return parts[0]
    return "/".join(parts[:2])


def imports(root: Path = ROOT) -> dict[str, set[str]]:
    """Return, for each part, the other parts it imports anywhere in its code."""
    edges: dict[str, set[str]] = {}
    for path in modules(root):
        own = unit(path, root)
        local = [file for file in imported(path) if file.is_relative_to(root)]
        edges.setdefault(own, set()).update({unit(file, root) for file in local} - {own})
    return edges


def faults(root: Path = ROOT) -> list[str]:
    """Return what breaks the rules of the layout, one sentence each."""
    return [*_wrong_ways(root), *_sizes_and_names(root)]


def _wrong_ways(root: Path) -> Iterator[str]:
    for own, others in sorted(imports(root).items()):
        for other in sorted(others):
            if own.startswith(FRAME) and not other.startswith(FRAME):
                yield f"{own} imports {other}: the frame knows no plugin by name"
            elif not own.startswith(FRAME) and not other.startswith(FRAME):
                yield f"{own} imports {other}: stage folders meet in the frame, or in files"


def _sizes_and_names(root: Path) -> Iterator[str]:
    for path in modules(root):
        name = path.relative_to(root)
        length = len(path.read_text().splitlines())
        if length > LONGEST:
            yield f"{name} has {length} lines: split it ({LONGEST} at most)"
        if path.stem in VAGUE or path.parent.name in VAGUE:
            yield f"{name}: name it after what it does"
        if not purpose(path):
            yield f"{name} has no docstring"


def described(root: Path = ROOT) -> str:
    """Return the text of ARCHITECTURE.md."""
    return "\n".join([HEAD, *_graph(root), *_rules(), *_parts(root)]) + "\n"


HEAD = """# Architecture

Written by `python -m sspbench architecture` from docstrings and real imports; a test fails where it is out of date.

The data flow is in `Snakefile`, which holds no logic. Each rule runs `python -m sspbench stage ...` in a process of its
own; between the rules there are only files: grey 8-bit PNG, `weights.safetensors`, `scores.csv`, JSON.

```
prepare(data set) -> train(method, variant, seed) -> enhance -> segment -> score -> tables, figures -> report
                     train(segmenter on HQ images + labels) ---^
```

## Who imports whom
"""


def _graph(root: Path) -> Iterator[str]:
    edges = imports(root)
    yield "| part | imports |"
    yield "| --- | --- |"
    for own in sorted(edges):
        yield f"| `{own}` | {', '.join(f'`{other}`' for other in sorted(edges[own])) or 'nothing of this checkout'} |"
    yield ""


def _rules() -> Iterator[str]:
    yield "Rules, each with a test:\n"
    yield f"- {', '.join(f'`{name}`' for name in STAGES)} import `{FRAME}`, never each other's insides;"
    yield f"- `{FRAME}` imports no plugin by name: folders are found by their YAML (`sspbench/discovery.py`);"
    yield "- listing, the configuration, the Snakefile and command-line parsing import neither torch nor pyiqa;"
    yield f"- a file has {LONGEST} lines at most, a docstring, and a name that says what it does.\n"


def _parts(root: Path) -> Iterator[str]:
    yield "## What is where\n"
    current = ""
    for path in sorted(modules(root), key=lambda path: (unit(path, root), path)):
        if unit(path, root) != current:
            current = unit(path, root)
            yield f"\n### `{current}`\n"
        name = path.relative_to(root / current)
        if purpose(path):
            yield f"- `{name}`: {purpose(path)}"
    yield ""
