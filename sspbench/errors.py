"""Errors for people: what is wrong, where, why it matters and how to fix it."""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterator
from functools import partial
from types import TracebackType
from typing import Any

MAX_FAULTS_IN_FULL = 24
"""Faults shown in full; of more, their kinds and counts are reported, and :data:`MAX_EXAMPLE_FAULTS` of them."""

MAX_EXAMPLE_FAULTS = 10


MAX_PATH_CHARS = 300
"""Characters of a path that are shown."""


class UserError(Exception):
    """A fault the user can fix; the command line prints it without a traceback and exits 2.

    Args:
        what: One sentence: what is wrong.
        where: The file, key or image concerned.
        why: Why it cannot be accepted.
        hint: What to do about it, ideally a command.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        self.what, self.where, self.why, self.hint = what, str(where), why, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [self.what]
        parts += [
            f"  {title}: {text}"
            for title, text in (("where", self.where), ("why", self.why), ("hint", self.hint))
            if text
        ]
        return "\n".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), self.what, where=self.where, why=self.why, hint=self.hint), ()


SYSTEM_ERROR_HINTS = {
    errno.ENOSPC: "make room on that disk, then run the same command again",
    errno.EDQUOT: "make room within your quota, then run the same command again",
    errno.EFBIG: "lift the limit on the size of files (ulimit -f), or write to another file system",
    errno.EROFS: "the file system is read-only: write to another folder",
    errno.EACCES: "let this user read and write there, or name another place",
    errno.EPERM: "let this user read and write there, or name another place",
    errno.ENAMETOOLONG: "give a shorter path",
    errno.ENOTDIR: "a part of the path is a file: name another place",
    errno.EISDIR: "it is a folder: name a file",
    errno.ELOOP: "its links lead in a circle: remove them",
    errno.EMFILE: "allow more open files (ulimit -n), or run fewer jobs at once",
    errno.ENFILE: "allow more open files, or run fewer jobs at once",
    errno.EIO: "the disk or its connection fails: look at it, or write to another one",
    errno.ESTALE: "the network drive was taken away: connect it again",
}
"""Suggested fixes for operating-system errors."""


def explain_system_error(error: BaseException) -> UserError | None:
    """Return the error to show where the system refuses a file: a full disk, no permission, a path it cannot take.

    None for everything else, which is a fault of someone's code and needs its traceback.
    """
    if not isinstance(error, OSError) or error.errno not in SYSTEM_ERROR_HINTS:
        return None
    place = os.fspath(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    named = os.fsdecode(place)
    where = named if len(named) <= MAX_PATH_CHARS else f"{named[:MAX_PATH_CHARS]}... ({len(named)} characters)"
    why = error.strerror or str(error)
    return UserError("The system refused to read or write", where=where, why=why, hint=SYSTEM_ERROR_HINTS[error.errno])


def _pick_examples(items: list[UserError]) -> list[UserError]:
    """Return the first of each kind, filled up with the next in order; in order."""
    firsts = {item.what: number for number, item in reversed(list(enumerate(items)))}
    leading = sorted(firsts.values())
    chosen = dict.fromkeys([*leading, *range(len(items))])
    return [items[number] for number in sorted(list(chosen)[:MAX_EXAMPLE_FAULTS])]


class Faults:
    """Collects faults so that all of them are shown at once.

    Used as a context manager: leaving the block raises one :class:`UserError` that lists everything added.

    >>> with Faults("The config has faults") as faults:
    ...     faults.add("unknown key 'preest'", hint="did you mean 'preset'?")
    Traceback (most recent call last):
    ...
    sspbench.errors.UserError: The config has faults (1):
    - unknown key 'preest'
        hint: did you mean 'preset'?
    """

    def __init__(self, title: str, *, where: str = "") -> None:
        self.title, self.where = title, where
        self.items: list[UserError] = []

    def add(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        """Remember one fault."""
        self.items.append(UserError(what, where=where, why=why, hint=hint))

    def shorten_paths(self, root: object) -> None:
        """Leave ``root`` out of the paths of what was added: the user's folder, or where an archive was unpacked."""
        for item in self.items:
            item.where, item.why = (text.replace(f"{root}{os.sep}", "") for text in (item.where, item.why))

    def raise_if_any(self) -> None:
        """Raise one :class:`UserError` listing all faults, if there is any."""
        if self.items:
            text = "\n".join(self._format_lines())
            raise UserError(f"{self.title} ({len(self.items)}):\n{text}", where=self.where)

    def _format_lines(self) -> Iterator[str]:
        """Yield the faults in full, or, of many, how many of each kind there are and the first few."""
        shown = self.items if len(self.items) <= MAX_FAULTS_IN_FULL else _pick_examples(self.items)
        if len(shown) < len(self.items):
            kinds = Counter(item.what.splitlines()[0] for item in self.items).most_common()
            yield from (f"- {count} x {kind}" for kind, count in kinds[:MAX_EXAMPLE_FAULTS])
            others = sum(count for _, count in kinds[MAX_EXAMPLE_FAULTS:])
            if others:
                yield f"- {others} of {len(kinds) - MAX_EXAMPLE_FAULTS} other kinds"
            yield f"{len(shown)} of them in full; the others are shown once these are fixed:"
        for item in shown:
            yield "- " + str(item).replace("\n", "\n  ")

    def __enter__(self) -> Faults:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.raise_if_any()
