"""Lets jobs of a run start from a process that has imported the libraries already, see :mod:`.fork_server`.

Importing PyTorch takes a job two seconds, often more than its work. A job forked from the server still has its own
process; it does the same and ends in the same way. Without a server a command runs in the process that was asked: on
systems other than Linux, on a cluster, and where a job may use several threads.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

from . import fork_server

ADDRESS_VARIABLE = "SSPBENCH_FORK_SERVER"
"""Environment variable: process and address of the run's server, as ``123:/tmp/.../jobs``."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""How many threads libraries use, read when they are imported; Snakemake sets it for each job."""

SOCKET_NAME = "jobs"

WORKFLOW_OPTION = "--log"
"""The first argument of the workflow's commands."""


def start_fork_server() -> subprocess.Popen[bytes] | None:
    """Start the server for the jobs of this process, and put its address into the environment.

    Returns:
        The server, which ends with this process or with the object. None where the system is not Linux, or where no
        folder for temporary files has a name short enough for a socket.
    """
    if sys.platform != "linux":
        return None
    with socket.socket(socket.AF_UNIX) as listener:
        folder = _bind(listener)
        if folder is None:
            return None
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, "-P", fork_server.__file__, str(listener.fileno()), folder],
            stdin=subprocess.PIPE,  # closes when this process ends, even by SIGKILL
            pass_fds=[listener.fileno()],
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, "1"),
            start_new_session=True,  # Ctrl-C reaches a job through the process that waits for it
        )
    os.environ[ADDRESS_VARIABLE] = f"{server.pid}:{folder}/{SOCKET_NAME}"
    return server


def _bind(listener: socket.socket) -> str | None:
    """Give a socket an address in a new folder that only this user can enter; return the folder."""
    try:
        folder = tempfile.mkdtemp(prefix="sspbench-")
    except OSError:
        return None
    try:
        listener.bind(f"{folder}/{SOCKET_NAME}")
    except OSError:
        Path(folder).rmdir()
        return None
    return folder


def run_in_fork_server(arguments: list[str]) -> int | None:
    """Have a command of the workflow done by the run's server, and wait for its end.

    Args:
        arguments: The command's, without the program's name.

    Returns:
        The exit status; None where this process has to do the work.
    """
    pid, _, address = os.environ.pop(ADDRESS_VARIABLE, "").partition(":")
    has_one_thread = all(os.environ.get(name) == "1" for name in THREAD_VARIABLES)
    if not (address and has_one_thread and arguments[:1] == [WORKFLOW_OPTION]):
        return None
    with socket.socket(socket.AF_UNIX) as server, server.makefile() as answers:
        try:
            server.connect(address)
            socket.send_fds(server, [b"\n"], [0, 1, 2])
            server.sendall(json.dumps(_describe_job(arguments, pid)).encode() + b"\n")
            job = answers.readline()
        except OSError:  # the server is gone: nothing has started
            return None
        return _wait_for_end(int(job), answers) if job else None


def _describe_job(arguments: list[str], server: str) -> dict[str, Any]:
    """Return what the server needs; the job must stop without its parent, which is the server."""
    from .subprocess_guard import WORKFLOW_PID_VARIABLE

    environment = dict(os.environ) | {WORKFLOW_PID_VARIABLE: server}
    return {"arguments": arguments, "folder": str(Path.cwd()), "environment": environment}


def _wait_for_end(job: int, answers: Any) -> int:
    """Pass signals on to a job until it has ended; return its exit status."""

    def forward(number: int, _frame: FrameType | None) -> None:
        os.kill(job, number)

    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, forward)
    answer = answers.readline()
    if not answer:
        print("error: the process that starts the jobs of this run was ended", file=sys.stderr)
        return 1
    status = int(answer)
    return 128 - status if status < 0 else status
