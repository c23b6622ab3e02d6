"""The error that the audit raises for faults in table files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class TableAuditError(Exception):
    """A fault that the author of a table file can fix.

    Args:
        what: One sentence: what is wrong.
        where: The file or the claim concerned.
        why: Why it is rejected.
        hint: How to fix it.
    """

    def __init__(self, what: str, *, where: str = "", why: str = "", hint: str = "") -> None:
        self.what, self.where, self.why, self.hint = what, where, why, hint
        super().__init__(str(self))

    def __str__(self) -> str:
        details = (("where", self.where), ("why", self.why), ("hint", self.hint))
        return "\n".join([self.what, *(f"  {name}: {text}" for name, text in details if text)])

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_error, (self.what, self.where, self.why, self.hint)


def _rebuild_error(what: str, where: str, why: str, hint: str) -> TableAuditError:
    return TableAuditError(what, where=where, why=why, hint=hint)


# More faults than this fill a screen: the rest is counted.
MAX_SHOWN_FAULTS = 24


def raise_faults(what: str, faults: Sequence[tuple[str, str]], where: str) -> None:
    """Raise one error that lists all faults; return if there are none.

    Args:
        what: What is wrong with the file as a whole.
        faults: A sentence and a hint for each fault.
        where: The file.

    Raises:
        TableAuditError: ``faults`` is not empty.
    """
    if not faults:
        return
    lines = [f"- {fault}\n    hint: {hint}" for fault, hint in faults[:MAX_SHOWN_FAULTS]]
    if len(faults) > MAX_SHOWN_FAULTS:
        lines.append(f"- and {len(faults) - MAX_SHOWN_FAULTS} more")
    raise TableAuditError(f"{what} ({len(faults)}):\n" + "\n".join(lines), where=where)
