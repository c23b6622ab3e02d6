"""Watches what plugin code does besides computing: network, files, printing, global random state.

Only what happens with a frame of the plugin on the stack counts, so that the frame's own progress bars and checkpoints
are not held against the plugin. Python's audit events describe sockets and files; they cannot be switched off, so one
hook is installed once and asks who is watching.
"""

from __future__ import annotations

import io
import os
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from ..checkout import display_path
from ..errors import UserError
from .findings import Inspection

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NETWORK_EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})

# Which arguments of an audit event are paths that it changes.
CHANGED_PATHS = {
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.rmtree"), (0,)),
    **dict.fromkeys(("os.link", "os.symlink"), (1,)),
    "os.rename": (0, 1),
}

HINT_BY_RULE = {
    "no network": "take weights from the config (param vgg16: null) or ship them in the folder; nothing is fetched",
    "no writes": "return arrays; the frame writes all files",
    "prints nothing": "remove the print; facts worth showing go to self.notes",
    "no global random state": "leave seeding to the frame; draw from np.random.default_rng(self.seed), in a training "
    "step with generator=self.random",
}
"""The rules, and what to do where one is broken."""

_active_monitors: list[SideEffectMonitor] = []


class SideEffectRefused(PermissionError):
    """Raised into plugin code that reaches for the network or writes a file."""


class SideEffectMonitor:
    """Notes misdeeds of a plugin's code, which lies below ``folder``, while it is active."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder.resolve())
        self.allowed: list[Path] = []  # folders that it may write to: a data set's output
        self.breaches: dict[str, UserError] = {}

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Watch during the block."""
        _install_audit_hook()
        before = _global_random_state()
        _active_monitors.append(self)
        try:
            with (
                redirect_stdout(_CapturedStream(self)),
                redirect_stderr(_CapturedStream(self)),
                warnings.catch_warnings(),
                self._watch_seeding(),
            ):
                warnings.simplefilter("ignore")
                yield
        finally:
            _active_monitors.remove(self)
        if _global_random_state() != before:
            self.record_breach("no global random state", "It draws from or seeds a global random generator", None)

    @contextmanager
    def _watch_seeding(self) -> Iterator[None]:
        """Notice ``torch.manual_seed`` called by the plugin; the frame seeds before each step, so no state shows it."""
        torch: Any = sys.modules.get("torch")
        if torch is None:
            yield
            return
        original = torch.manual_seed

        def manual_seed(seed: int) -> Any:
            caller = sys._getframe(1)
            if caller.f_code.co_filename.startswith(self.folder):
                self.record_breach("no global random state", f"It calls torch.manual_seed({seed})", caller)
            return original(seed)

        torch.manual_seed = manual_seed
        try:
            yield
        finally:
            torch.manual_seed = original

    def record_breach(self, rule: str, what: str, frame: FrameType | None) -> None:
        """Remember the first breach of a rule."""
        where = "" if frame is None else f"{display_path(Path(frame.f_code.co_filename))}:{frame.f_lineno}"
        self.breaches.setdefault(rule, UserError(what, where=where, hint=HINT_BY_RULE[rule]))

    def add_findings(self, inspection: Inspection, leave_out: Sequence[str] = ()) -> None:
        """Add one finding for each of the rules, but for those left out."""
        for rule in (rule for rule in HINT_BY_RULE if rule not in leave_out):
            with inspection.rule(rule):
                if rule in self.breaches:
                    raise self.breaches[rule]

    def check_network(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse the plugin's code an audited call of the network.

        Raises:
            SideEffectRefused: the plugin makes it.
        """
        address = arguments[-1] if event in ("socket.connect", "socket.sendto") else arguments[0]
        if isinstance(address, str) and event == "socket.connect":
            return  # a socket of this machine
        frame = self.find_plugin_frame()
        if frame is not None:
            self.record_breach("no network", f"It reaches for the network: {address}", frame)
            raise SideEffectRefused(f"a plugin may not use the network ({address})")

    def check_change(self, path: Any) -> None:
        """Refuse the plugin's code to write, move or remove a file outside the allowed folders.

        Raises:
            SideEffectRefused: the plugin does it.
        """
        frame = None if self._may_write(path) else self.find_plugin_frame()
        if frame is not None:
            self.record_breach("no writes", f"It changes a file that is not its own: {os.fsdecode(path)}", frame)
            raise SideEffectRefused(f"a plugin may not write {os.fsdecode(path)}")

    def find_plugin_frame(self) -> FrameType | None:
        """Return the innermost frame of the plugin on the stack; None where there is none, or during an import."""
        frame: FrameType | None = sys._getframe(1)
        found = None
        while frame is not None:
            name = frame.f_code.co_filename
            if name.startswith("<frozen importlib"):
                return None
            if found is None and name.startswith(self.folder):
                found = frame
            frame = frame.f_back
        return found

    def _may_write(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True  # a descriptor that is open already
        place = Path(os.fsdecode(path)).absolute()
        return place.is_relative_to("/dev") or any(place.resolve().is_relative_to(root) for root in self.allowed)


class _CapturedStream(io.TextIOBase):
    """Replaces a standard stream: notes what the plugin says, swallows the rest."""

    def __init__(self, monitor: SideEffectMonitor) -> None:
        super().__init__()
        self._monitor = monitor

    def write(self, text: str) -> int:
        frame = self._monitor.find_plugin_frame() if text.strip() else None
        if frame is not None:
            self._monitor.record_breach("prints nothing", f"It prints {text.strip()[:60]!r}", frame)
        return len(text)


def _global_random_state() -> tuple[Any, ...]:
    state = np.random.get_state(legacy=False)  # noqa: NPY002 - it is looked at, not drawn from
    return random.getstate(), repr(state), state["state"]["key"].tobytes()


@cache
def _install_audit_hook() -> None:
    sys.addaudithook(_audit_hook)


def _audit_hook(event: str, arguments: tuple[Any, ...]) -> None:
    for monitor in _active_monitors:
        if event in NETWORK_EVENTS:
            monitor.check_network(event, arguments)
        elif event in CHANGED_PATHS:
            for position in CHANGED_PATHS[event]:
                monitor.check_change(arguments[position])
        elif event == "open" and _is_write_mode(*arguments[1:]):
            monitor.check_change(arguments[0])


def _is_write_mode(mode: str | None, flags: int) -> bool:
    return bool(flags & WRITE_FLAGS) if mode is None else any(letter in mode for letter in "wax+")
