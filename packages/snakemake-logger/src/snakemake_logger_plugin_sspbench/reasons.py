"""Why a job failed, from what it left; and Snakemake's own faults without what only its developers read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

SHOWN = 8
"""Lines of a reason; the log has the rest."""

WIDTH = 120
"""Characters of a line of it."""

FAULT = "error: "
"""What the line begins with in which a job says its fault to people; indented lines follow."""


def reason(logs: Iterable[Path]) -> list[str]:
    """Return the lines that say why a job failed: its last reported error, else the last line of its log."""
    places = [str(path) for path in logs]
    lines = [line for place in places for line in _lines(Path(place))]
    starts = [number for number, line in enumerate(lines) if line.startswith(FAULT)]
    if starts:
        shown = [lines[starts[-1]].removeprefix(FAULT), *lines[starts[-1] + 1 :]]
    else:
        shown = [next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")]
    more = [f"... and {len(shown) - SHOWN} more lines"] if len(shown) > SHOWN else []
    return [
        *(line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in shown[:SHOWN]),
        *more,
        *(f"log: {place}" for place in places),
    ]


def plain(text: str) -> str:
    r"""Return a fault of the workflow without the lines that say where in the Snakefile it was raised.

    >>> plain('WorkflowError in file "/x/Snakefile", line 3:\nNo such data\n  File "/x/Snakefile", line 3, in <module>')
    'No such data'
    """
    lines = [line for line in text.splitlines() if not re.match(r'  File ".*", line \d+, in ', line)]
    if lines and re.match(r"\w+(Error|Exception)( in .*)?:$", lines[0]):
        lines = lines[1:] or lines
    return "\n".join(lines).removeprefix("Error: ")


def _lines(path: Path) -> list[str]:
    try:
        return [line.rstrip() for line in path.read_text(errors="replace").splitlines()]
    except OSError:
        return []
