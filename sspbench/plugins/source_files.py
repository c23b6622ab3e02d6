"""Reads YAML and Python files that people write; errors name the file and the line."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from ..checkout import display_path
from ..errors import UserError

MAX_YAML_NESTING = 200
"""Nesting that libyaml is trusted with."""

MERGE_KEY = "<<"
"""The key of YAML that takes over another mapping; it may be next to itself."""

NULL_TAG, TEXT_TAG = "tag:yaml.org,2002:null", "tag:yaml.org,2002:str"

MAX_YAML_VALUES = 100_000
"""Values in a file, aliases written out."""


class _UniqueKeys:
    """What both loaders refuse besides: a key that stands twice in one mapping, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != MERGE_KEY]
        twice = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode) and names.count(key.value) > 1]
        if twice:
            raise yaml.MarkedYAMLError(None, None, f"the key {twice[0].value!r} stands twice", twice[-1].start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]
        return found


class _PythonLoader(_UniqueKeys, yaml.SafeLoader):
    """Python's loader."""


class _LibyamlLoader(_UniqueKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The loader of libyaml, where it is there."""


class _TextScalars:
    """Reads every scalar as the text that is in the file; only ``<<`` and null without quotes keep their meaning."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        MERGE_KEY[0]: [("tag:yaml.org,2002:merge", re.compile(f"^(?:{MERGE_KEY})$"))],
        **{first: [(NULL_TAG, re.compile("^(?:~|null|Null|NULL|)$"))] for first in ("~", "n", "N", "")},
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node; a key is text, null too."""
        for key, _ in node.value:
            if key.tag == NULL_TAG:
                key.tag = TEXT_TAG
        found: dict[Any, Any] = super().construct_mapping(node, deep)  # type: ignore[misc]
        return found


class _TextLoader(_TextScalars, _LibyamlLoader):
    """The loader of text by libyaml."""


class _PythonTextLoader(_TextScalars, _PythonLoader):
    """The same by Python's loader."""


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises:
        UserError: the file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(
            "A file is not UTF-8", where=f"{display_path(path)}:{line}", why=str(error), hint="save it as UTF-8"
        ) from error
    except OSError as error:
        why, hint = error.strerror or str(error), "let this user read it, or give another file"
        raise UserError("A file cannot be read", where=display_path(path), why=why, hint=hint) from error


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises:
        UserError: the file cannot be read, is not UTF-8 or no YAML.
    """
    return _read_by(path, _load_yaml)


def read_yaml_as_text(path: Path) -> Any:
    """Return what a YAML file holds, with every scalar as text: a folder may be called 007 or 2024_01_15.

    Raises:
        UserError: the file cannot be read, or is not valid UTF-8 or YAML.
    """
    return _read_by(path, parse_yaml_as_text)


def parse_yaml_as_text(text: str) -> Any:
    """Return what YAML text holds, with every scalar as text, or None for null without quotes.

    Raises:
        yaml.YAMLError: the text is not valid YAML.
    """
    return _load_yaml(text, _TextLoader, _PythonTextLoader)


def parse_argument_as_text(text: str) -> Any:
    """Return what the value of ``KEY=VALUE`` holds: YAML's lists, mappings and quotes, else the text as it is.

    Raises:
        yaml.YAMLError: the text is not valid YAML.

    >>> parse_argument_as_text("[007, no]"), parse_argument_as_text("cells #2"), parse_argument_as_text("null")
    (['007', 'no'], 'cells #2', None)
    """
    parsed = parse_yaml_as_text(text)
    is_plain = isinstance(parsed, str) and not text.lstrip().startswith(("'", '"'))
    return text if is_plain else parsed


def _read_by(path: Path, load: Callable[[str], Any]) -> Any:
    try:
        content = load(read_text(path))
        _reject_alias_bomb(content)
        return content
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2024-13-45
        why = " ".join(str(error).split())
        raise UserError(
            "A YAML file cannot be read", where=display_path(path), why=why, hint="correct the line named in why"
        ) from error


def _load_yaml(text: str, fast: Any = _LibyamlLoader, careful: Any = _PythonLoader) -> Any:
    """Return what YAML text holds, by libyaml where it is there, ten times as fast; faults in the words of Python's.

    Text that is nested deeply goes to Python's parser, which gives up where libyaml's ends the whole process.
    """
    if _max_depth(text) > MAX_YAML_NESTING:
        return yaml.load(text, careful)
    try:
        return yaml.load(text, fast)
    except (yaml.YAMLError, ValueError):
        return yaml.load(text, careful)


def _max_depth(text: str) -> int:
    """Return a depth that the nesting of YAML text cannot exceed.

    >>> _max_depth("a: [1, {b: 2}]"), _max_depth("- - - 1")
    (2, 3)
    """
    deepest = opened = 0
    for line in text.splitlines():
        here = line.count("[") + line.count("{")
        blocks = line.count("- ") + line.count("? ") + len(line) - len(line.lstrip())
        deepest = max(deepest, opened + here + blocks)
        opened = max(opened + here - line.count("]") - line.count("}"), 0)
    return deepest


def _reject_alias_bomb(content: Any) -> None:
    """Refuse what grows beyond measure, or contains itself, once its aliases are written out.

    Raises:
        ValueError: it does.
    """
    sizes: dict[int, int] = {}

    def size(part: Any) -> int:
        if not isinstance(part, dict | list):
            return 1
        if sizes.setdefault(id(part), 0) == 0:
            sizes[id(part)] = MAX_YAML_VALUES  # until it is known: anyone who meets itself is endless
            inside = part.values() if isinstance(part, dict) else part
            sizes[id(part)] = min(1 + sum(map(size, inside)), MAX_YAML_VALUES)
        return sizes[id(part)]

    if size(content) >= MAX_YAML_VALUES:
        raise ValueError(f"with its aliases (*name) written out it holds {MAX_YAML_VALUES} values or more, or itself")


def parse_python(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file.

    Raises:
        UserError: the file cannot be read, is not UTF-8 or no Python.
    """
    text = read_text(path)
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError, RecursionError) as error:  # ValueError: null bytes
        line = getattr(error, "lineno", None)
        raise UserError(
            "A file is not valid Python",
            where=f"{display_path(path)}:{line}" if line else display_path(path),
            why=str(getattr(error, "msg", error)),
            hint=f"correct it: python -m py_compile {display_path(path)} shows the line",
        ) from error
