"""Finds plugins by their folders; reading their YAML needs no import of theirs."""

from __future__ import annotations

import ast
import difflib
import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from ..checkout import ROOT, shown
from ..errors import Faults, UserError
from .kinds import METRIC, YAML_KINDS, Kind
from .parameters import Parameter, Section
from .schemas import FOLDER, check
from .written import read_text, read_yaml, syntax_tree

if TYPE_CHECKING:  # numpy, which finding plugins needs not
    from ..contract import Method, MetricFamily, PrepareRequest

Base = TypeVar("Base")

TRAINING = FOLDER / "training.yaml"
"""The declarations of the parameters that the frame reads of everything that is trained."""

FIELD_UM = Parameter(400.0, "float", "width of the imaged field in micrometres", above=0)
"""What every data set lets presets and users override besides its options: other sizes show another field."""


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
        return str(self.meta["label"])

    @property
    def kind(self) -> Kind:
        """What kind of plugin it is."""
        return YAML_KINDS[self.group]

    @property
    def code(self) -> Path:
        """The Python file that defines it."""
        return self.folder / self.kind.code

    @property
    def yaml_file(self) -> Path:
        """The file that describes it."""
        return self.folder / self.kind.yaml

    @property
    def trained(self) -> bool:
        """Whether it is trained."""
        return self.meta.get("kind") in ("learned", "segmenter")

    @cached_property
    def parameters(self) -> Section:
        """All declared parameters: its own, and those that the frame reads of every plugin of its kind."""
        return self.own_parameters.joined(self._of_the_frame.with_defaults(self.meta.get("training", {})))

    @cached_property
    def own_parameters(self) -> Section:
        """The parameters it declares itself."""
        return Section.read(self.meta[self.kind.parameters])

    @cached_property
    def _of_the_frame(self) -> Section:
        if self.group == "data":
            return Section({"field_um": replace(FIELD_UM, default=self.meta.get("field_um", FIELD_UM.default))})
        if not self.trained:
            return Section({})
        declared = training_parameters()
        return declared.without("held_out" if self.group == "methods" else "batches.partner")

    def add_default_faults(self, faults: Faults) -> None:
        """Add a fault for every default that its own declaration refuses."""
        file = shown(self.yaml_file)
        for path, one in self.own_parameters.rows():
            if isinstance(one, Parameter):
                for fault in one.faults(one.default, path):
                    faults.add(fault.what, where=f"{file}: {path}.default", hint=fault.hint)
        for name in sorted(set(self.own_parameters.fields) & set(self._of_the_frame.fields)):
            faults.add(
                f"{name!r} is declared by the frame", where=file, hint=f"give its default under training: {name}"
            )
        for fault in self._of_the_frame.faults(self.meta.get("training", {})):
            faults.add(fault.what, where=f"{file}: training.{fault.path}", hint=fault.hint)

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


@cache
def training_parameters() -> Section:
    """Return what the frame reads of everything that is trained: length, batches, what is held out."""
    return Section.read(read_yaml(TRAINING))


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
    found: dict[str, Plugin] = {}
    with Faults(f"Some folders of {group}/ are not valid plugins") as faults:
        for path in sorted((root / group).glob(f"*/{YAML_KINDS[group].yaml}")):
            plugin = read_plugin(group, path.parent, faults)
            if plugin is not None:
                found[plugin.name] = plugin
    return found


def read_plugin(group: str, folder: Path, faults: Faults) -> Plugin | None:
    """Read one plugin folder; None where its YAML is faulty. What is wrong is added to ``faults``."""
    kind = YAML_KINDS[group]
    meta = _read(folder / kind.yaml, kind.schema, faults)
    if meta is None:
        return None
    plugin = Plugin(group, folder.name, folder, meta)
    if meta.get("kind") != "control" and not plugin.code.is_file():
        faults.add("A plugin has no code", where=shown(plugin.code), hint="add the file")
    elif plugin.code.is_file():
        try:
            syntax_tree(plugin.code)
        except UserError as error:
            faults.items.append(error)
    before = len(faults.items)
    plugin.add_default_faults(faults)
    return plugin if len(faults.items) == before else None


def plugin(group: str, name: str) -> Plugin:
    """Return one plugin.

    Raises:
        UserError: there is none of that name; close names are suggested.
    """
    known = plugins(group)
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, 1)
    raise UserError(
        f"There is no {YAML_KINDS[group].name} named {name!r}",
        where=f"{group}/",
        hint=(f"did you mean {close[0]!r}? " if close else "") + f"known: {', '.join(known)}",
    )


def trained_plugin(name: str) -> Plugin:
    """Return a learned method or a segmenter.

    Raises:
        UserError: there is none of that name, or it is not trained.
    """
    found = plugins("segmentation").get(name) or plugin("methods", name)
    if not found.trained:
        raise UserError(
            f"{name} is not a learned method: it has no weights",
            where=shown(found.yaml_file),
            hint=f"use it without: python -m sspbench enhance --method {name} --input DIR --output DIR",
        )
    return found


def trained_plugins() -> list[Plugin]:
    """Return all learned methods, then all segmenters."""
    return [found for group in ("methods", "segmentation") for found in plugins(group).values() if found.trained]


def single_class(module: ModuleType, base: type[Base], where: Path) -> type[Base]:
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
    from ..contract import Method

    return single_class(plugin.module(), Method, plugin.code)


def prepare_function(plugin: Plugin) -> Callable[[PrepareRequest], None]:
    """Import a data set and return its ``prepare``."""
    function: Callable[[PrepareRequest], None] | None = getattr(plugin.module(), "prepare", None)
    if not callable(function):
        hint = "define prepare(request) in this file; see data/folder/prepare.py"
        raise UserError("A data set has no function prepare(request)", where=shown(plugin.code), hint=hint)
    return function


def metric_files(root: Path = ROOT) -> dict[str, Path]:
    """Return the files of ``metrics/`` that define a subclass of :class:`MetricFamily`, by name; nothing is imported.

    Raises:
        UserError: a file is no valid Python.
    """
    return {path.stem: path for path in sorted((root / METRIC.group).glob("*.py")) if _defines_family(path)}


def _defines_family(path: Path) -> bool:
    classes = (node for node in syntax_tree(path).body if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base).split(".")[-1] == "MetricFamily" for node in classes for base in node.bases)


def metric_family(name: str, options: Mapping[str, Any] | None = None) -> MetricFamily:
    """Import a metric family and return an instance.

    Raises:
        UserError: an option is unknown or not allowed.
    """
    from ..contract import MetricFamily

    path = metric_files()[name]
    family: type[MetricFamily] = single_class(imported(f"{METRIC.group}.{name}", path), MetricFamily, path)
    if options and ".options" not in read_text(path):
        why = f"{shown(path)} reads none: {', '.join(map(str, options))} would change nothing"
        raise UserError(f"{name} has no options", where=f"config: metrics.{name}", why=why, hint="remove them")
    return family(options)


def metric_families(options: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, MetricFamily]:
    """Import all metric families and return one instance of each, by file name.

    Args:
        options: Options by family name (the config's ``metrics``).
    """
    chosen = dict(options or {})
    return {name: metric_family(name, chosen.get(name)) for name in metric_files()}
