"""Which value is white in folders of pictures that are enhanced: decided for all pictures of a folder together."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from ..errors import Faults, UserError
from .picture_files import read_image_file
from .white_level import Brightness, decide_whites, tabulate_whites

MAX_WHITE = 65535
"""The largest value of 16 bit."""


def decide_folder_whites(files: list[tuple[Path, Path]], given: int | None) -> dict[Path, int]:
    """Return the white of each folder's images, decided for all of them together; show it where any is deep.

    Args:
        files: Each file and its place in the output.
        given: The white that the user gave; None: to be decided.

    Raises:
        UserError: the files of a folder disagree, or the given white is not a value of 16 bit.
    """
    if given is not None and not 1 <= given <= MAX_WHITE:
        raise UserError(f"--white {given} is not a 16-bit value", hint=f"give 1 to {MAX_WHITE}")
    seen: dict[str, list[Brightness]] = {}
    folders = {}
    for path, inside in files:
        folder = str(inside.parent)
        folders[path.parent] = folder
        try:
            seen.setdefault(folder, []).append(replace(read_image_file(path).brightness, name=str(inside)))
        except UserError:
            continue  # reported when it is its turn to be enhanced
    with Faults("The images cannot be enhanced together") as faults:
        levels = {}
        for folder, found in seen.items():  # one by one: folders of an input need not agree
            levels.update(decide_whites({folder: found}, {folder: given}, "--white N", faults))
    deep = [level for level in levels.values() if any(one.is_deep for one in seen[level.folder])]
    if deep:
        print("\n".join(tabulate_whites(deep)), file=sys.stderr)
    return {path: levels[folder].white for path, folder in folders.items() if folder in levels}
