"""The findings of a check: one per rule, with the file and a hint for each broken rule."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..checkout import display_path
from ..errors import UserError


@dataclass(frozen=True)
class Finding:
    """The outcome of one rule.

    Attributes:
        rule: The rule in a few words, e.g. ``input unmodified``.
        fault: What is wrong, or None.
    """

    rule: str
    fault: UserError | None = None

    def __str__(self) -> str:
        if self.fault is None:
            return f"ok     {self.rule}"
        return f"FAULT  {self.rule}: " + str(self.fault).replace("\n", "\n       ")


FindingCallback = Callable[[Finding], None]


def ignore_finding(_finding: Finding) -> None:
    """Ignore the finding."""


@dataclass
class Inspection:
    """Collects the findings about one plugin.

    Attributes:
        code: The plugin's file, named if a rule names no other file.
        on_finding: Called with each finding as it is made.
    """

    code: Path
    on_finding: FindingCallback = ignore_finding
    findings: list[Finding] = field(default_factory=list)

    @property
    def faults(self) -> list[Finding]:
        """The broken rules."""
        return [finding for finding in self.findings if finding.fault is not None]

    @contextmanager
    def rule(self, name: str) -> Iterator[None]:
        """Check one rule in the block: it holds unless the block raises; the error becomes the fault."""
        fault = None
        try:
            yield
        except UserError as error:
            fault = error
        except Exception as error:
            fault = self._fault_from_crash(error)
        if fault is not None and not fault.where:
            fault = UserError(fault.what, where=display_path(self.code), why=fault.why, hint=fault.hint)
        self.findings.append(Finding(name, fault))
        self.on_finding(self.findings[-1])

    def _fault_from_crash(self, error: Exception) -> UserError:
        folder = self.code.parent
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder)]
        place = (own or frames)[-1]
        return UserError(
            f"It raised {type(error).__name__}: {error}",
            where=f"{display_path(Path(place.filename))}:{place.lineno}",
            hint="see the line named above",
        )
