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

from ..checkout import ROOT, display_path
from ..errors import Faults, UserError
from .kinds import KINDS_BY_FOLDER, METRIC_KIND, PluginKind
from .parameters import Parameter, ParameterSection
from .schemas import SCHEMA_DIR, add_schema_faults
from .source_files import parse_python, read_text, read_yaml

if TYPE_CHECKING:  # numpy, which finding plugins needs not
    from ..contract import Method, MetricFamily, PrepareRequest

PluginBase = TypeVar("PluginBase")

TRAINING_PARAMETERS_FILE = SCHEMA_DIR / "training.yaml"
"""The declarations of the parameters that the frame reads of everything that is trained."""

FIELD_UM_PARAMETER = Parameter(
    400.0, "float", "width of the imaged field in micrometres; null: unknown", (None,), above=0
)
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
    def kind(self) -> PluginKind:
        """What kind of plugin it is."""
        return KINDS_BY_FOLDER[self.group]

    @property
    def code_file(self) -> Path:
        """The Python file that defines it."""
        return self.folder / self.kind.code

    @property
    def yaml_file(self) -> Path:
        """The file that describes it."""
        return self.folder / self.kind.yaml

    @property
    def is_trained(self) -> bool:
        """Whether it is trained."""
        return self.meta.get("kind") in ("learned", "segmenter")

    @cached_property
    def all_parameters(self) -> ParameterSection:
        """All declared parameters: its own, and those that the frame reads of every plugin of its kind."""
        return self.own_parameters.join(self._library_parameters.with_defaults(self.meta.get("training", {})))

    @cached_property
    def own_parameters(self) -> ParameterSection:
        """The parameters it declares itself."""
        return ParameterSection.from_yaml(self.meta[self.kind.parameters])

    @cached_property
    def _library_parameters(self) -> ParameterSection:
        if self.group == "data":
            return ParameterSection(
                {"field_um": replace(FIELD_UM_PARAMETER, default=self.meta.get("field_um", FIELD_UM_PARAMETER.default))}
            )
        if not self.is_trained:
            return ParameterSection({})
        declared = load_training_parameters()
        return declared.without("held_out" if self.group == "methods" else "batches.partner")

    def add_default_faults(self, faults: Faults) -> None:
        """Add a fault for every default that its own declaration refuses."""
        file = display_path(self.yaml_file)
        for path, one in self.own_parameters.walk():
            if isinstance(one, Parameter):
                for fault in one.find_faults(one.default, path):
                    faults.add(fault.what, where=f"{file}: {path}.default", hint=fault.hint)
        for name in sorted(set(self.own_parameters.fields) & set(self._library_parameters.fields)):
            faults.add(
                f"{name!r} is declared by the frame", where=file, hint=f"give its default under training: {name}"
            )
        for fault in self._library_parameters.find_faults(self.meta.get("training", {})):
            faults.add(fault.what, where=f"{file}: training.{fault.path}", hint=fault.hint)

    def import_module(self) -> ModuleType:
        """Import the plugin's module.

        Raises:
            UserError: it cannot be imported; the file and the line are named.
        """
        return import_plugin_module(f"{self.group}.{self.name}.{self.code_file.stem}", self.code_file)


def import_plugin_module(name: str, path: Path) -> ModuleType:
    """Import a module of a plugin; ``path`` is its file.

    Raises:
        UserError: it is no valid Python, or its own code fails while it is imported.
    """
    parse_python(path)
    try:
        return importlib.import_module(name)
    except UserError:
        raise
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_file()]
        where = f"{display_path(Path(frames[-1].filename))}:{frames[-1].lineno}" if frames else display_path(path)
        if isinstance(error, SyntaxError) and error.filename:
            where = f"{display_path(Path(error.filename))}:{error.lineno}"
        raise UserError(
            f"A plugin cannot be imported: {display_path(path)}",
            where=where,
            why=f"{type(error).__name__}: {error}",
            hint="correct the line named in where",
        ) from error


@cache
def load_training_parameters() -> ParameterSection:
    """Return what the frame reads of everything that is trained: length, batches, what is held out."""
    return ParameterSection.from_yaml(read_yaml(TRAINING_PARAMETERS_FILE))


def _read_metadata(path: Path, schema_name: str, faults: Faults) -> dict[str, Any] | None:
    where = display_path(path)
    try:
        content = read_yaml(path)
    except UserError as error:
        faults.items.append(error)
        return None
    before = len(faults.items)
    add_schema_faults(content, schema_name, faults, where)
    return content if len(faults.items) == before else None


@cache
def find_plugins(group: str, root: Path = ROOT) -> dict[str, Plugin]:
    """Return the plugins of ``methods``, ``segmentation`` or ``data`` by name.

    Raises:
        UserError: all faults of all YAML files at once.
    """
    found: dict[str, Plugin] = {}
    with Faults(f"Some folders of {group}/ are not valid plugins") as faults:
        for path in sorted((root / group).glob(f"*/{KINDS_BY_FOLDER[group].yaml}")):
            plugin = read_plugin(group, path.parent, faults)
            if plugin is not None:
                found[plugin.name] = plugin
    return found


def read_plugin(group: str, folder: Path, faults: Faults) -> Plugin | None:
    """Read one plugin folder; None where its YAML is faulty. What is wrong is added to ``faults``."""
    kind = KINDS_BY_FOLDER[group]
    meta = _read_metadata(folder / kind.yaml, kind.schema, faults)
    if meta is None:
        return None
    plugin = Plugin(group, folder.name, folder, meta)
    if meta.get("kind") != "control" and not plugin.code_file.is_file():
        faults.add("A plugin has no code", where=display_path(plugin.code_file), hint="add the file")
    elif plugin.code_file.is_file():
        try:
            parse_python(plugin.code_file)
        except UserError as error:
            faults.items.append(error)
    before = len(faults.items)
    plugin.add_default_faults(faults)
    return plugin if len(faults.items) == before else None


def get_plugin(group: str, name: str) -> Plugin:
    """Return one plugin.

    Raises:
        UserError: there is none of that name; close names are suggested.
    """
    known = find_plugins(group)
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, 1)
    raise UserError(
        f"There is no {KINDS_BY_FOLDER[group].name} named {name!r}",
        where=f"{group}/",
        hint=(f"did you mean {close[0]!r}? " if close else "") + f"known: {', '.join(known)}",
    )


def get_trained_plugin(name: str) -> Plugin:
    """Return a learned method or a segmenter.

    Raises:
        UserError: there is none of that name, or it is not trained.
    """
    found = find_plugins("segmentation").get(name) or get_plugin("methods", name)
    if not found.is_trained:
        raise UserError(
            f"{name} is not a learned method: it has no weights",
            where=display_path(found.yaml_file),
            hint=f"use it without: python -m sspbench enhance --method {name} --input DIR --output DIR",
        )
    return found


def find_trained_plugins() -> list[Plugin]:
    """Return all learned methods, then all segmenters."""
    return [
        found for group in ("methods", "segmentation") for found in find_plugins(group).values() if found.is_trained
    ]


def find_single_class(module: ModuleType, base: type[PluginBase], where: Path) -> type[PluginBase]:
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
            where=display_path(where),
            hint=f"keep one class that derives from {base.__name__} in this file",
        )
    return classes[0]


def load_method_class(plugin: Plugin) -> type[Method]:
    """Import a method and return its class."""
    from ..contract import Method

    return find_single_class(plugin.import_module(), Method, plugin.code_file)


def load_prepare_function(plugin: Plugin) -> Callable[[PrepareRequest], None]:
    """Import a data set and return its ``prepare``."""
    function: Callable[[PrepareRequest], None] | None = getattr(plugin.import_module(), "prepare", None)
    if not callable(function):
        hint = "define prepare(request) in this file; see data/folder/prepare.py"
        raise UserError("A data set has no function prepare(request)", where=display_path(plugin.code_file), hint=hint)
    return function


def find_metric_files(root: Path = ROOT) -> dict[str, Path]:
    """Return the files of ``metrics/`` that define a subclass of :class:`MetricFamily`, by name; nothing is imported.

    Raises:
        UserError: a file is no valid Python.
    """
    return {path.stem: path for path in sorted((root / METRIC_KIND.group).glob("*.py")) if _defines_family(path)}


def _defines_family(path: Path) -> bool:
    classes = (node for node in parse_python(path).body if isinstance(node, ast.ClassDef))
    return any(ast.unparse(base).split(".")[-1] == "MetricFamily" for node in classes for base in node.bases)


def load_metric_family(name: str, options: Mapping[str, Any] | None = None) -> MetricFamily:
    """Import a metric family and return an instance.

    Raises:
        UserError: an option is unknown or not allowed.
    """
    from ..contract import MetricFamily

    path = find_metric_files()[name]
    family: type[MetricFamily] = find_single_class(
        import_plugin_module(f"{METRIC_KIND.group}.{name}", path), MetricFamily, path
    )
    if options and ".options" not in read_text(path):
        why = f"{display_path(path)} reads none: {', '.join(map(str, options))} would change nothing"
        raise UserError(f"{name} has no options", where=f"config: metrics.{name}", why=why, hint="remove them")
    return family(options)


def load_metric_families(options: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, MetricFamily]:
    """Import all metric families and return one instance of each, by file name.

    Args:
        options: Options by family name (the config's ``metrics``).
    """
    chosen = dict(options or {})
    return {name: load_metric_family(name, chosen.get(name)) for name in find_metric_files()}
