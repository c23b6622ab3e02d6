"""Finds plugins by their folders; reading their YAML needs no import of theirs."""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from ..checkout import ROOT, display_path
from ..errors import Faults, UserError
from .kinds import KINDS_BY_FOLDER, PluginKind
from .parameter_schemas import build_object_schema, drop_parameter, merge_schemas, replace_defaults
from .schema_words import is_section, list_parameters, suggest_name
from .schemas import SCHEMA_DIR, add_declaration_faults, add_faults, add_schema_faults, find_faults
from .source_files import parse_python, read_yaml

if TYPE_CHECKING:  # numpy, which finding plugins needs not
    from ..contract import Method, PrepareRequest

PluginBase = TypeVar("PluginBase")

# The declarations of the parameters that the library reads of everything that is trained.
TRAINING_PARAMETERS_FILE = SCHEMA_DIR / "training.yaml"

# Presets and users can override it for every data set, besides the set's options: other sizes show another field.
FIELD_UM_PARAMETER: Mapping[str, Any] = {
    "type": ["number", "null"],
    "default": 400.0,
    "exclusiveMinimum": 0,
    "description": "width of the imaged field in micrometres; null: unknown",
}


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
    def all_parameters(self) -> dict[str, Any]:
        """The JSON Schema of all its parameters: its own, and those that every plugin of its kind has."""
        shared = replace_defaults(self._library_parameters, self.meta.get("training", {}))
        return merge_schemas(self.own_parameters, shared)

    @cached_property
    def own_parameters(self) -> dict[str, Any]:
        """The JSON Schema of the parameters that it declares itself."""
        return build_object_schema(self.meta[self.kind.parameters])

    @cached_property
    def _library_parameters(self) -> dict[str, Any]:
        if self.group == "data":
            default = self.meta.get("field_um", FIELD_UM_PARAMETER["default"])
            return build_object_schema({"field_um": {**FIELD_UM_PARAMETER, "default": default}})
        if not self.is_trained:
            return build_object_schema({})
        return drop_parameter(load_training_parameters(), "held_out" if self.group == "methods" else "batches.partner")

    def add_default_faults(self, faults: Faults) -> None:
        """Add a fault for every default that its own declaration refuses."""
        file = display_path(self.yaml_file)
        for path, one in list_parameters(self.own_parameters):
            if not is_section(one):
                add_faults(find_faults(one["default"], one), f"{file}: {path}.default", faults, separator=".")
        declared_twice = self.own_parameters["properties"].keys() & self._library_parameters["properties"].keys()
        for name in sorted(declared_twice):
            what, hint = f"Every trained plugin has {name!r} already", f"give its default under training: {name}"
            faults.add(what, where=file, hint=hint)
        found = find_faults(self.meta.get("training", {}), self._library_parameters, noun="parameter")
        add_faults(found, f"{file}: training", faults, separator=".")

    def import_module(self) -> ModuleType:
        """Import the plugin's module.

        Raises:
            UserError: it cannot be imported; the file and the line are named.
        """
        return import_plugin_module(f"{self.group}.{self.name}.{self.code_file.stem}", self.code_file)


def import_plugin_module(name: str, path: Path) -> ModuleType:
    """Import a module of a plugin; ``path`` is its file.

    Raises:
        UserError: it is not valid Python, or its own code fails while it is imported.
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
def load_training_parameters() -> dict[str, Any]:
    """Return the schema of what the library reads of everything that is trained: length, batches, held-out share."""
    return build_object_schema(read_yaml(TRAINING_PARAMETERS_FILE))


def _read_metadata(path: Path, kind: PluginKind, faults: Faults) -> dict[str, Any] | None:
    where = display_path(path)
    try:
        content = read_yaml(path)
    except UserError as error:
        faults.items.append(error)
        return None
    before = len(faults.items)
    add_schema_faults(content, kind.schema, faults, where)
    if isinstance(content, dict) and kind.parameters in content:
        add_declaration_faults(content[kind.parameters], faults, f"{where}: {kind.parameters}")
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
    meta = _read_metadata(folder / kind.yaml, kind, faults)
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
    raise UserError(
        f"Unknown {KINDS_BY_FOLDER[group].name} {name!r}", where=f"{group}/", hint=suggest_name(name, known)
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
