"""Frozen dataclasses as JSON files: written and read back field by field, with types checked on the way in."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sspbench.errors import UserError
from sspbench.files import read_json, write_json

from .numbers import NAN, nan_to_null

AnyRecord = TypeVar("AnyRecord")


def write_record(record: Any, folder: Path) -> None:
    """Write each field of a dataclass to ``<field>.json``; numbers that are not finite become null.

    Its fields may be dataclasses, tuples, mappings with text keys, texts and numbers.
    """
    for name, value in nan_to_null(asdict(record)).items():
        write_json(folder / f"{name}.json", value)


def read_record(kind: type[AnyRecord], folder: Path, hint: str = "") -> AnyRecord:
    """Return the record that :func:`write_record` wrote into a folder; ``hint`` says what writes it.

    Raises:
        UserError: a file is missing or of another version.
    """
    types_by_name = get_type_hints(kind)
    found = {
        field.name: read_parsed(
            folder / f"{field.name}.json", partial(parse_plain, types_by_name[field.name]), "Cannot read a record", hint
        )
        for field in fields(kind)  # type: ignore[arg-type]
    }
    return kind(**found)


def read_parsed(path: Path, parse: Callable[[Any], AnyRecord], message: str, hint: str) -> AnyRecord:
    """Return what ``parse`` makes of a JSON file.

    Raises:
        UserError: the file is missing, or was not written by this version.
    """
    try:
        return parse(read_json(path))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(message, where=str(path), why=repr(error), hint=hint) from error


def parse_plain(kind: Any, plain: Any) -> Any:
    """Return plain JSON as a value of a type; null is NaN where a number is expected.

    Raises:
        KeyError: the JSON has a field that the type lacks.
        TypeError: the JSON has another form than the type.

    >>> parse_plain(tuple[float, ...], [1, None])
    (1.0, nan)
    """
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{name: parse_plain(hints[name], value) for name, value in _require(dict, plain).items()})
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _parse_tuple(inner, plain)
    if origin in (dict, Mapping):
        return {key: parse_plain(inner[1], value) for key, value in _require(dict, plain).items()}
    if origin in (Union, types.UnionType):
        return None if plain is None else parse_plain(inner[0], plain)
    if kind is float:
        return NAN if plain is None else float(plain)
    return _require(kind, plain)


def _parse_tuple(inner: tuple[Any, ...], plain: Any) -> tuple[Any, ...]:
    values = _require(list, plain)
    if inner[-1] is Ellipsis:
        return tuple(parse_plain(inner[0], value) for value in values)
    return tuple(parse_plain(part, value) for part, value in zip(inner, values, strict=True))


def _require(kind: type[AnyRecord], plain: Any) -> AnyRecord:
    if not isinstance(plain, kind):
        raise TypeError(f"{plain!r} is not of type {kind.__name__}")
    return plain
