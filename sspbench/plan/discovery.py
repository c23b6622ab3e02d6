"""Finds plugins by their folders; reading their YAML needs no import of theirs."""

from __future__ import annotations

import ast
import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import yaml

from ..checkout import ROOT, shown
from ..contract import Method, MetricFamily, PrepareRequest
from ..errors import Faults, UserError
from .written import read_yaml, syntax_tree

KINDS = {"methods": "method", "segmentation": "segmenter", "data": "dataset"}


@dataclass(frozen=True)
class Plugin:
    """A plugin folder and its metadata."""

    group: str
    name: str
    folder: Path
    meta: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name in tables and figures."""
        return self.meta["label"]

    @property
    def code(self) -> Path:
        """The Python file that defines it."""
        return self.folder / {"methods": "method.py", "segmentation": "segmenter.py", "data": "prepare.py"}[self.group]

    def module(self) -> ModuleType:
        """Import the plugin's module.

        Raises:
            UserError: it cannot be imported; the file and the line are named.
        """
        return imported(f"{self.group}.{self.name}.{self.code.stem}", self.code)


def imported(name: str, path: Path) -> ModuleType:
    """Import a module of a plugin; ``path`` is its file.

    Raises:
        UserError: it is no valid Python, or its own code fails while it is imported.
    """
    syntax_tree(path)
    try:
        return importlib.import_module(name)
    except UserError:
        raise
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_file()]
        where = f"{shown(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else shown(path)
        if isinstance(error, SyntaxError) and error.filename:
            where = f"{shown(Path(error.filename))}:{error.lineno}"
        raise UserError(
            f"A plugin cannot be imported: {shown(path)}",
            where=where,
            why=f"{type(error).__name__}: {error}",
            hint="correct the line named in where",
        ) from error


def schema(name: str) -> dict[str, Any]:
    """Return ``sspbench/schemas/<name>.schema.yaml``."""
    return yaml.safe_load((ROOT / "sspbench" / "schemas" / f"{name}.schema.yaml").read_text())


def check(content: Any, schema_name: str, faults: Faults, where: str) -> None:
    """Add a fault for everything in ``content`` that the schema refuses, with a guess of what was meant."""
    for error in jsonschema.Draft202012Validator(schema(schema_name)).iter_errors(content):
        key = ".".join(str(part) for part in error.absolute_path)
        faults.add(_message(error), where=f"{where}{': ' + key if key else ''}", hint=_hint(error))


def _message(error: jsonschema.ValidationError) -> str:
    if error.validator == "oneOf":
        return f"{error.instance!r} is not {error.schema.get('description', 'valid')}"
    return error.message


def _hint(error: jsonschema.ValidationError) -> str:
    import difflib

    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        wrong = [key for key in error.instance if key not in known]
        guesses = {key: difflib.get_close_matches(str(key), known, 1) for key in wrong}
        found = [f"did you mean {guess[0]!r}?" for guess in guesses.values() if guess]
        return " ".join(found) or f"known keys: {', '.join(known)}"
    if error.validator == "required":
        return "add the key"
    return error.schema.get("description", "") if isinstance(error.schema, dict) else ""


def _read(path: Path, schema_name: str, faults: Faults) -> dict[str, Any] | None:
    where = shown(path)
    try:
        content = read_yaml(path)
    except UserError as error:
        faults.items.append(error)
        return None
    before = len(faults.items)
    check(content, schema_name, faults, where)
    return content if len(faults.items) == before else None


@cache
def plugins(group: str, root: Path = ROOT) -> dict[str, Plugin]:
    """Return the plugins of ``methods``, ``segmentation`` or ``data`` by name.

    Raises:
        UserError: all faults of all YAML files at once.
    """
    kind = KINDS[group]
    found: dict[str, Plugin] = {}
    with Faults(f"Some folders of {group}/ are not valid plugins") as faults:
        for path in sorted((root / group).glob(f"*/{kind}.yaml")):
            plugin = read_plugin(group, path.parent, faults)
            if plugin is not None:
                found[plugin.name] = plugin
    return found


def read_plugin(group: str, folder: Path, faults: Faults) -> Plugin | None:
    """Read one plugin folder; None where its YAML is faulty. What is wrong is added to ``faults``."""
    kind = KINDS[group]
    meta = _read(folder / f"{kind}.yaml", "dataset" if kind == "dataset" else "method", faults)
    if meta is None:
        return None
    plugin = Plugin(group, folder.name, folder, meta)
    if meta.get("kind") != "control" and not plugin.code.is_file():
        faults.add("A plugin has no code", where=shown(plugin.code), hint="add the file")
    elif plugin.code.is_file():
        _check_syntax(plugin.code, faults)
    return plugin


def _check_syntax(path: Path, faults: Faults) -> None:
    try:
        syntax_tree(path)
    except UserError as error:
        faults.items.append(error)


def plugin(group: str, name: str) -> Plugin:
    """Return one plugin.

    Raises:
        UserError: there is none of that name; close names are suggested.
    """
    import difflib

    known = plugins(group)
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, 1)
    raise UserError(
        f"There is no {KINDS[group]} named {name!r}",
        where=f"{group}/",
        hint=(f"did you mean {close[0]!r}? " if close else "") + f"known: {', '.join(known)}",
    )


def single_class(module: ModuleType, base: type, where: Path) -> type:
    """Return the one subclass of ``base`` that a module defines.

    Raises:
        UserError: there is none, or more than one.
    """
    classes = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(classes) != 1:
        raise UserError(
            f"A plugin must define exactly one subclass of {base.__name__}, found {len(classes)}",
            where=shown(where),
            hint=f"keep one class that derives from {base.__name__} in this file",
        )
    return classes[0]


def method_class(plugin: Plugin) -> type[Method]:
    """Import a method and return its class."""
    return single_class(plugin.module(), Method, plugin.code)


def prepare_function(plugin: Plugin) -> Callable[[PrepareRequest], None]:
    """Import a data set and return its ``prepare``."""
    function = getattr(plugin.module(), "prepare", None)
    if not callable(function):
        raise UserError("A data set has no function prepare(request)", where=shown(plugin.code))
    return function


def metric_files(root: Path = ROOT) -> dict[str, Path]:
    """Return the files of ``metrics/`` that define a subclass of :class:`MetricFamily`, by name; nothing is imported.

    Raises:
        UserError: a file is no valid Python.
    """
    return {path.stem: path for path in sorted((root / "metrics").glob("*.py")) if _defines_family(path)}


def _defines_family(path: Path) -> bool:
    classes = (node for node in syntax_tree(path).body if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base).split(".")[-1] == MetricFamily.__name__ for node in classes for base in node.bases)


def metric_families(options: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, MetricFamily]:
    """Import all metric families and return one instance of each, by file name.

    Args:
        options: Options by family name (the config's ``metrics``).
    """
    chosen = dict(options or {})
    families = {}
    for name, path in metric_files().items():
        family = single_class(imported(f"metrics.{name}", path), MetricFamily, path)
        families[name] = family(chosen.get(name))
    return families
