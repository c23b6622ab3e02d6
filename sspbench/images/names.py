"""Names of image files that every later stage, table, page and spreadsheet can carry, and back to the user's own."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path

# Bytes of a name that is kept; file systems hold 255, and stages put endings and prefixes to names.
MAX_NAME_CHARS = 120

# Letters and digits of any script and a few signs. Not: quotes, ``$ % & # < > | \ / { }`` and controls, which mean
# something to HTML, LaTeX, Markdown or a shell; nor a first character that makes a spreadsheet compute.
SAFE_NAME = re.compile(r"(?![ =+@.-])[\w .()\[\]+=@,-]*(?<![ .])")


def make_safe_name(stem: str) -> str:
    """Return ``stem`` where it is safe, else what is left of it with eight digits of its hash: no two become one.

    >>> make_safe_name("lq_001"), make_safe_name("Müller 3 (left)")
    ('lq_001', 'Müller 3 (left)')
    >>> make_safe_name("=SUM(A1)"), make_safe_name('a"b')
    ('SUM-A1-1475d912', 'a-b-39a01277')
    """
    if SAFE_NAME.fullmatch(stem) and 0 < len(stem.encode()) <= MAX_NAME_CHARS:
        return stem
    letters = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", letters)[:40].strip("-")
    mark = hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]
    return "-".join(filter(None, [plain, mark])) if plain else f"image-{mark}"


def printable(name: str) -> str:
    r"""Return a name as it is reported to people: what does not print, or is not UTF-8, as Python's escapes.

    >>> printable("a\nb"), printable(b"caf\xe9".decode("utf-8", "surrogateescape"))
    ('a\\nb', 'caf\\udce9')
    """
    return "".join(
        part if part.isprintable() and part != "\\" else part.encode("unicode_escape").decode() for part in name
    )


def make_names_safe(folder: Path) -> dict[str, str]:
    """Rename the files of a folder that need it; return their old names by new name."""
    renamed = {}
    for path in sorted(folder.iterdir()):
        name = make_safe_name(path.stem) + path.suffix
        if name != path.name:
            path.rename(folder / name)
            renamed[name] = path.name
    return renamed
