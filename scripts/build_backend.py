"""Why ``pip install .`` installs nothing: the suite runs from a checkout."""

from __future__ import annotations

from typing import NoReturn

REASON = """
error: sspbench cannot be installed with pip
why: its workflow, methods, data sets and releases are files of the checkout, which every command reads
hint: run it from the checkout: uv run python -m sspbench list
hint: the audit of published tables needs no checkout: pip install ./packages/table-audit
"""


def build_wheel(*_arguments: object, **_options: object) -> NoReturn:
    """End with the reason; build front ends call this for a wheel."""
    raise SystemExit(REASON)


build_editable = build_sdist = build_wheel
