"""Files that are either whole or absent: atomic writes and content hashes."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import UserError


@contextmanager
def replace_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path in the folder of ``path``; on success it becomes ``path``, on failure it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}.", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_read_umask())
        temporary.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # of a full disk the system names no file
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with replace_atomically(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text to ``path`` atomically."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON (sorted keys, two spaces, no NaN) to ``path`` atomically.

    Bytes of file names that are not UTF-8 (lone surrogates in Python) become JSON's own escapes.
    """
    with (
        replace_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream,
    ):
        json.dump(content, stream, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
        stream.write("\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: it is missing, cut or no JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            "A record is missing",
            where=str(path),
            why="what writes it has not been run, or was undone",
            hint="run the workflow, which makes everything that a step needs before it",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(
            "A record cannot be read",
            where=str(path),
            why=f"it is cut or no JSON: {error}",
            hint="remove it and run the workflow again: what it records is recomputed",
        ) from error


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds a mapping.

    Raises:
        UserError: it is missing, cut, no JSON, or holds something else.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(
            "A record cannot be read",
            where=str(path),
            why=f"it holds {type(content).__name__}, not names with values",
            hint="remove it and run the workflow again: what it records is recomputed",
        )
    return content


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's content."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(content: Any) -> str:
    """Return the hexadecimal SHA-256 of a JSON-able value (keys sorted)."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
