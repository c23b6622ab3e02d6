"""Shows the errors of the audit as the suite shows its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sspbench.errors import UserError
from table_audit.errors import TableAuditError


@contextmanager
def as_user_error() -> Iterator[None]:
    """Turn an error of the audit into a user error with the same place, reason and hint."""
    try:
        yield
    except TableAuditError as error:
        raise UserError(error.what, where=error.where, why=error.why, hint=error.hint) from error
