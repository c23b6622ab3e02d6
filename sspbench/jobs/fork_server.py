"""The program that forks a run's jobs from one process, which has imported PyTorch and other libraries once.

:mod:`.forked_jobs` starts it and sends it the jobs. It imports nothing of this project, so each job reads the code as
it is when the job starts.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

LIBRARIES = (
    "numpy.random",
    "PIL.ImageEnhance",
    "PIL.PngImagePlugin",
    "yaml",
    "jsonschema",
    "tqdm",
    "scipy.ndimage",
    "scipy.spatial",
    "cv2",
    "skimage.metrics",
    "skimage.morphology",
    "safetensors.torch",
    "torch",
)
"""What most jobs import. One that is missing here is left to the job that needs it."""

BUFFER_BYTES = 65536


@dataclass(frozen=True)
class Job:
    """A command of the workflow, in the process that was forked for it.

    Attributes:
        arguments: The command's, without the program's name.
        folder: Its working directory.
        environment: All its environment variables.
        streams: Handles of its standard input, output and error.
    """

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    streams: Sequence[int]

    def run(self) -> NoReturn:
        """Make this process that of the command, run it, and end at once.

        To take down what was imported would cost more than many jobs. Only an error that the command does not report
        itself goes on to the interpreter, which prints it.
        """
        for standard, handle in enumerate(self.streams):
            os.dup2(handle, standard)
            os.close(handle)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        sys.argv = ["sspbench", *self.arguments]
        status = 0
        try:
            runpy.run_module("sspbench", run_name="__main__", alter_sys=True)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        os._exit(status)


class ForkServer:
    """Forks a process per job and sends the client the process id and, later, the exit status.

    Args:
        listener: Where clients connect.
        life: A handle that can be read once the workflow has ended.
    """

    def __init__(self, listener: socket.socket, life: int) -> None:
        self._listener, self._life = listener, life
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._selector = selectors.DefaultSelector()
        for source in (listener, life, self._wake):
            self._selector.register(source, selectors.EVENT_READ)
        self._clients: dict[int, socket.socket] = {}

    def serve(self) -> Job | None:
        """Start jobs until the workflow has ended.

        Returns:
            In a process that was forked for a job: the job. In the server, once the workflow has ended: None.
        """
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _ignore_signal)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj == self._life:
                    return None
                if key.fileobj is self._wake:
                    self._report_ended()
                elif key.fileobj is self._listener:
                    job = self._start_job()
                    if job is not None:
                        return job
                else:
                    self._stop_job(key.data)

    def _start_job(self) -> Job | None:
        """Fork for a client; return the job in the new process, None in this one."""
        client, _ = self._listener.accept()
        job = _receive_job(client)
        if job is None:
            client.close()
            return None
        process = os.fork()
        if process == 0:
            self._leave(client)
            return job
        for handle in job.streams:
            os.close(handle)
        self._clients[process] = client
        self._selector.register(client, selectors.EVENT_READ, process)
        _send(client, process)
        return None

    def _leave(self, client: socket.socket) -> None:
        """Let go, in a new process, of all that is the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for link in (client, self._listener, self._wake, self._waker, *self._clients.values()):
            link.close()

    def _stop_job(self, process: int) -> None:
        """Ask a job to stop, once: its client has gone."""
        client = self._clients.get(process)
        if client is not None:
            self._selector.unregister(client)
            os.kill(process, signal.SIGTERM)

    def _report_ended(self) -> None:
        """Send the client of each job that has ended its exit status."""
        self._wake.recv(BUFFER_BYTES)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                client = self._clients.pop(ended[0])
                with contextlib.suppress(KeyError):  # it was asked to stop
                    self._selector.unregister(client)
                _send(client, os.waitstatus_to_exitcode(ended[1]))
                client.close()


def _ignore_signal(_number: int, _frame: Any) -> None:
    """Take a signal, so that it wakes the server."""


def _receive_job(client: socket.socket) -> Job | None:
    """Read a job: one byte with three handles, then a line of JSON; None where the client has gone."""
    _, streams, _, _ = socket.recv_fds(client, 1, 3)
    with client.makefile("rb") as lines:
        line = lines.readline()
    if line.endswith(b"\n"):
        return Job(**json.loads(line), streams=streams)
    for handle in streams:
        os.close(handle)
    return None


def _send(client: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # it is gone
        client.sendall(f"{number}\n".encode())


def import_libraries() -> None:
    """Import what most jobs need, and keep the garbage collector from touching, and so copying, it in each job."""
    gc.disable()
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    gc.enable()


def main(listener: int, folder: str) -> None:
    """Serve until standard input closes.

    Args:
        listener: Handle of the socket where clients connect.
        folder: The socket's folder, removed at the end.
    """
    import_libraries()
    job = ForkServer(socket.socket(fileno=listener), life=0).serve()
    if job is not None:
        job.run()
    shutil.rmtree(Path(folder), ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
