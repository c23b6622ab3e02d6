"""What people write, YAML and Python, read so that whatever is wrong names the file and the line."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import yaml

from ..checkout import shown
from ..errors import UserError


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises:
        UserError: the file cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(
            "A file is not UTF-8", where=f"{shown(path)}:{line}", why=str(error), hint="save it as UTF-8"
        ) from error
    except OSError as error:
        raise UserError("A file cannot be read", where=shown(path), why=error.strerror or str(error)) from error


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        UserError: the file cannot be read, is no UTF-8 or no YAML.
    """
    try:
        return _loaded(read_text(path))
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2024-13-45
        why = " ".join(str(error).split())
        raise UserError(
            "A YAML file cannot be read", where=shown(path), why=why, hint="correct the line named in why"
        ) from error


def _loaded(text: str) -> Any:
    """Return what YAML text holds, by libyaml where it is there, ten times as fast; faults in the words of Python's."""
    fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, fast)
    except (yaml.YAMLError, ValueError):
        return yaml.safe_load(text)


def syntax_tree(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file.

    Raises:
        UserError: the file cannot be read, is no UTF-8 or no Python.
    """
    text = read_text(path)
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError, RecursionError) as error:  # ValueError: null bytes
        line = getattr(error, "lineno", None)
        raise UserError(
            "A file is no valid Python",
            where=f"{shown(path)}:{line}" if line else shown(path),
            why=str(getattr(error, "msg", error)),
            hint=f"correct it: python -m py_compile {shown(path)} shows the line",
        ) from error
