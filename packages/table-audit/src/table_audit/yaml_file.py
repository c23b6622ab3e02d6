"""Reads YAML files and rejects what YAML would accept in silence: duplicate keys and runaway aliases."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from .errors import TableAuditError

# A file of a hundred large tables holds about 10,000 values; beyond this its aliases explode.
MAX_VALUES = 100_000


class _Loader(yaml.SafeLoader):
    """Loads YAML and rejects duplicate keys, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<")
        for key, _ in node.value:
            if names[key.value if isinstance(key, yaml.ScalarNode) else None] > 1:
                raise yaml.MarkedYAMLError(problem=f"duplicate key {key.value!r}", problem_mark=key.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file.

    Raises:
        TableAuditError: the file is missing, unreadable, not UTF-8 or not valid YAML, has a duplicate key, or its
            aliases expand to ``MAX_VALUES`` values or more.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # a SafeLoader
        _check_size(content)
    except FileNotFoundError as error:
        hint = "check the path; the README of table-audit explains the format"
        raise TableAuditError("The table file does not exist", where=_shorten(path), hint=hint) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise TableAuditError(
            "The file cannot be read", where=_shorten(path), why=why, hint="give a readable file"
        ) from error
    except UnicodeDecodeError as error:
        raise TableAuditError(
            "The file is not UTF-8", where=_shorten(path), why=str(error), hint="save it as UTF-8"
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date such as 2024-13-45, a null byte
        why = " ".join(str(error).split())
        hint = "correct the line that the reason names"
        raise TableAuditError("The YAML file cannot be read", where=_shorten(path), why=why, hint=hint) from error
    return content


def _shorten(path: Path) -> str:
    return str(path)[:300]


def _check_size(content: Any) -> None:
    """Count the values with all aliases expanded.

    Raises:
        ValueError: there are ``MAX_VALUES`` or more; an alias that contains itself has no end.
    """
    waiting, count = [content], 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count >= MAX_VALUES:
            raise ValueError(f"it holds {MAX_VALUES} values or more once its aliases (*name) are expanded")
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
