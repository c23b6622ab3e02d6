"""Writes a new plugin from a template: small, complete, and passing all checks as it stands."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from ..checkout import display_path
from ..errors import UserError
from ..files import write_text
from ..plugins.kinds import PLUGIN_KINDS

TEMPLATE_DIR = Path(__file__).parent / "templates"


def write_new_plugin(kind: str, name: str, template: str, root: Path) -> list[Path]:
    """Write the files of a new plugin; return their paths.

    Args:
        kind: ``method``, ``segmenter``, ``metric`` or ``dataset``.
        name: Its name: a folder, or for a metric a file.
        template: ``classical``, ``learned``, or the kind itself.
        root: The checkout.

    Raises:
        UserError: the name cannot be imported or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise UserError(
            f"{name!r} is not a usable name",
            hint="lower-case letters, digits and underscores, a letter first, e.g. retinex_2",
        )
    target = PLUGIN_KINDS[kind].path_for(root, name)
    if target.exists():
        raise UserError("There is one of that name already", where=display_path(target), hint="choose another name")
    title = name.replace("_", " ").capitalize()
    words = {"name": name, "title": title, "class_name": "".join(part.capitalize() for part in name.split("_"))}
    written = []
    for source in sorted((TEMPLATE_DIR / template).glob("*.template")):
        file = source.name.removesuffix(".template")
        path = target / file if PLUGIN_KINDS[kind].yaml else target
        write_text(path, Template(source.read_text()).substitute(words))
        written.append(path)
    return written
