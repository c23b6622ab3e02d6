"""Parameters as data: default, type, choices or range, and one line of text; every override is checked against them.

Plugins declare them in YAML (``params`` of a method or segmenter, ``options`` of a data set):

>>> lr = {"default": 1e-4, "type": "float", "above": 0, "text": "Adam's learning rate"}
>>> declared = ParameterSection.from_yaml({"lr": lr})
>>> declared.default_values()
{'lr': 0.0001}
>>> list(declared.find_faults({"lr": "fast"}))
[ParameterFault(path='lr', what="'fast' is not allowed", hint='give a number above 0')]
"""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {"bool": bool, "int": int, "float": (int, float), "text": str}
"""The types a parameter may have, or a list may be of."""

TYPE_WORDS = {"bool": "true or false", "int": "a whole number", "float": "a number", "text": "text"}

MAX_ABSOLUTE_VALUE = 1e15
"""Beyond it no number counts or measures anything here, and whole numbers have no float of their own."""

LIST_PREFIX = "list of "


@dataclass(frozen=True)
class ParameterFault:
    """What is wrong with one value.

    Attributes:
        path: The parameter, e.g. ``weights.cycle``.
        what: What is wrong.
        hint: What would be right.
    """

    path: str
    what: str
    hint: str


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    Attributes:
        default: Its value where nothing overrides it.
        type: ``bool``, ``int``, ``float``, ``text``, or ``list of`` one of them.
        text: One line on what it does.
        alternatives: Values allowed beside the type, e.g. None (``or: null``).
        choices: The only values allowed, where they are finite; of a list, for each item.
        min: The smallest number allowed; of a list, for each item.
        max: The largest number allowed; of a list, for each item.
        above: Numbers must be larger than this; of a list, each item.
        length: Number of items of a list, where it is fixed.
    """

    default: Any
    type: str
    text: str
    alternatives: tuple[Any, ...] = ()
    choices: tuple[Any, ...] = ()
    min: float | None = None
    max: float | None = None
    above: float | None = None
    length: int | None = None

    @classmethod
    def from_yaml(cls, declared: Mapping[str, Any]) -> Parameter:
        """Read a declaration that fits ``schemas/parameters.schema.yaml``."""
        content = dict(declared)
        beside = content.pop("or", [])
        return cls(
            **{**content, "choices": tuple(content.get("choices", ()))},
            alternatives=tuple(beside) if isinstance(beside, list) else (beside,),
        )

    def accepts(self, value: Any) -> bool:
        """Tell whether a value is allowed: finite, of the type, and within choices or range."""
        if any(value is known or (value == known and type(value) is type(known)) for known in self.alternatives):
            return True
        if not self.type.startswith(LIST_PREFIX):
            return self._accepts_item(value)
        if not isinstance(value, list | tuple) or self.length not in (None, len(value)):
            return False
        return all(self._accepts_item(item) for item in value)

    def _accepts_item(self, value: Any) -> bool:
        kind = self.type.removeprefix(LIST_PREFIX)
        if not isinstance(value, PYTHON_TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
            return False
        if self.choices:
            return value in self.choices
        return not isinstance(value, int | float) or kind == "bool" or self._in_range(value)

    def _in_range(self, value: float) -> bool:
        if not -MAX_ABSOLUTE_VALUE <= value <= MAX_ABSOLUTE_VALUE:  # NaN is neither
            return False
        low_enough = self.max is None or value <= self.max
        high_enough = (self.min is None or value >= self.min) and (self.above is None or value > self.above)
        return low_enough and high_enough

    @property
    def allowed_text(self) -> str:
        """What is allowed, in words."""
        kind = self.type.removeprefix(LIST_PREFIX)
        single = _choices_text(self.choices) if self.choices else TYPE_WORDS[kind] + self._range_text()
        if self.type.startswith(LIST_PREFIX):
            single = f"a list{f' of {self.length} values' if self.length else ''}, each {single}"
        return ", or ".join([single, *(_as_yaml(value) for value in self.alternatives)])

    def _range_text(self) -> str:
        if self.min is not None and self.max is not None:
            return f" from {self.min} to {self.max}"
        bounds = {"above": self.above, "of at least": self.min, "of at most": self.max}
        found = [f"{word} {bound}" for word, bound in bounds.items() if bound is not None]
        return f" {' and '.join(found)}" if found else ""

    def find_faults(self, value: Any, path: str) -> Iterator[ParameterFault]:
        """Yield the fault of a value, if it has one."""
        if self.accepts(value):
            return
        hint = f"give {self.allowed_text}"
        close = difflib.get_close_matches(value.lower(), map(str, self.choices), 1) if isinstance(value, str) else []
        if close:
            hint = f"did you mean {close[0]!r}? allowed: {self.allowed_text}"
        elif isinstance(value, str) and self.type.endswith("float") and _is_number(value):
            hint += "; YAML takes a power of ten for a number only with a dot: 1.0e-4"
        yield ParameterFault(path, f"{_as_yaml(value)} is not allowed", hint)


@dataclass(frozen=True)
class ParameterSection:
    """Parameters that belong together, e.g. the weights of a loss.

    Attributes:
        fields: Parameters and sections, by name.
        text: One line on what they are.
        nullable: Whether null may stand for the whole section.
    """

    fields: Mapping[str, Parameter | ParameterSection]
    text: str = ""
    nullable: bool = False

    @classmethod
    def from_yaml(cls, declared: Mapping[str, Any], text: str = "", nullable: bool = False) -> ParameterSection:
        """Read declarations by name; those with ``fields`` are sections."""
        fields: dict[str, Parameter | ParameterSection] = {}
        for name, one in declared.items():
            if "fields" in one:
                fields[name] = cls.from_yaml(one["fields"], one["text"], "or" in one)
            else:
                fields[name] = Parameter.from_yaml(one)
        return cls(fields, text, nullable)

    def default_values(self) -> dict[str, Any]:
        """Return the defaults as plain nested values."""
        return {
            name: one.default_values() if isinstance(one, ParameterSection) else copy.deepcopy(one.default)
            for name, one in self.fields.items()
        }

    def find_faults(self, values: Any, path: str = "") -> Iterator[ParameterFault]:
        """Yield everything that is wrong with an override, at any depth; what is not overridden needs no mention."""
        if values is None and self.nullable:
            return
        if not isinstance(values, Mapping):
            yield ParameterFault(
                path, f"{_as_yaml(values)} is no section", f"give a mapping of {', '.join(self.fields)}"
            )
            return
        for name, value in values.items():
            inner = f"{path}.{name}" if path else str(name)
            if name in self.fields:
                yield from self.fields[name].find_faults(value, inner)
            else:
                yield ParameterFault(inner, f"there is no {name!r}", _suggest_name(str(name), self))

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Parameter | ParameterSection]]:
        """Yield all parameters and sections with their paths, each section before what it holds."""
        for name, one in self.fields.items():
            yield prefix + name, one
            if isinstance(one, ParameterSection):
                yield from one.walk(f"{prefix}{name}.")

    def with_defaults(self, values: Mapping[str, Any]) -> ParameterSection:
        """Return the same declarations with other defaults for the parameters that ``values`` names."""
        fields = dict(self.fields)
        for name, value in values.items():
            one = fields[name]
            fields[name] = (
                one.with_defaults(value) if isinstance(one, ParameterSection) else replace(one, default=value)
            )
        return replace(self, fields=fields)

    def without(self, path: str) -> ParameterSection:
        """Return the declarations without one of them, ``section.name`` or ``name``."""
        name, _, rest = path.partition(".")
        fields = dict(self.fields)
        inner = fields.pop(name)
        if rest and isinstance(inner, ParameterSection):
            return replace(self, fields={**self.fields, name: inner.without(rest)})
        return replace(self, fields=fields)

    def join(self, other: ParameterSection) -> ParameterSection:
        """Return both groups of declarations as one."""
        return replace(self, fields={**self.fields, **other.fields})


def _suggest_name(name: str, section: ParameterSection) -> str:
    """Return what was probably meant: a name of this section, else the path of one further down."""
    paths = {path.rpartition(".")[2]: path for path, _ in section.walk()}
    close = difflib.get_close_matches(name, section.fields, 1) or [
        paths[last] for last in difflib.get_close_matches(name, paths, 1)
    ]
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(section.fields) or 'none'}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _as_yaml(value: Any) -> str:
    """Return a value as YAML writes it.

    >>> _as_yaml(None), _as_yaml(True), _as_yaml("own"), _as_yaml([1, 2])
    ('null', 'true', "'own'", '[1, 2]')
    """
    named = {None: "null", True: "true", False: "false"}
    return named[value] if value is None or isinstance(value, bool) else repr(value)


def _choices_text(values: tuple[Any, ...]) -> str:
    return "one of " + ", ".join(str(value) for value in values)
