"""A job from the run's server is the same command: its output, its end, its signals; and nothing of it stays."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sspbench.checkout import ROOT
from sspbench.jobs import forked_jobs
from sspbench.jobs.subprocess_guard import WORKFLOW_PID_VARIABLE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux only")

CLIENT = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
from sspbench.jobs.forked_jobs import run_in_fork_server
status = run_in_fork_server(sys.argv[1:])
print(os.environ.get("SSPBENCH_FORK_SERVER"), flush=True) if status is None else None
sys.exit(99 if status is None else status)
"""
NOT_FORKED = 99

# takes the project's place and runs its second argument as code
PROGRAM = "import os, signal, sys, time\nfrom pathlib import Path\nexec(sys.argv[2])\n"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a small program with the project's name, which the server's jobs run."""
    package = tmp_path_factory.mktemp("program") / "sspbench"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text(PROGRAM)
    return package / "__main__.py"


def start_server(program: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Return a server and its address."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(program.parents[1]))
        patch.setenv(forked_jobs.ADDRESS_VARIABLE, "")
        server = forked_jobs.start_fork_server()
        assert server is not None
        return server, os.environ[forked_jobs.ADDRESS_VARIABLE]


@pytest.fixture(scope="module")
def address(program: Path) -> Iterator[str]:
    """The address of a server that the tests share."""
    server, address = start_server(program)
    yield address
    assert server.stdin is not None
    server.stdin.close()
    server.wait(timeout=60)


def start(address: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    env = os.environ | dict.fromkeys(forked_jobs.THREAD_VARIABLES, "1") | {forked_jobs.ADDRESS_VARIABLE: address}
    command = [sys.executable, "-c", CLIENT, *(arguments if len(arguments) > 1 else ("--log", *arguments))]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command,
        env=env | environment,
        stdout=pipe,
        stderr=pipe,
        text=True,
        preexec_fn=take_interrupts,  # noqa: PLW1509
    )


def take_interrupts() -> None:
    """Let Ctrl-C end this process, even where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run(address: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
    """Return exit status, output and errors of a job."""
    process = start(address, *arguments, **environment)
    output, errors = process.communicate(timeout=60)
    return process.returncode, output.strip(), errors


def wait_for(path: Path) -> str:
    give_up = time.monotonic() + 60
    while not path.exists() or not path.read_text():
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return path.read_text()


def wait_until_it_forwards_signals(process: subprocess.Popen[str]) -> None:
    """Wait until a process handles SIGTERM, which it does last of all signals."""
    status, give_up = Path(f"/proc/{process.pid}/status"), time.monotonic() + 60
    while not int(status.read_text().partition("SigCgt:")[2].split()[0], 16) >> (signal.SIGTERM - 1) & 1:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_a_job_has_the_folder_and_environment_of_its_command_and_returns_its_status(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = "print(Path.cwd(), os.environ['WORD'], sys.argv[1]); print('two', file=sys.stderr); sys.exit(7)"
    assert run(address, code, WORD="plain") == (7, f"{tmp_path} plain --log", "two\n")


def test_libraries_are_there_and_the_project_is_read_anew(address: str, program: Path) -> None:
    assert run(address, "print('torch' in sys.modules, 'sspbench.jobs' in sys.modules)")[1] == "True False"
    program.write_text("print('changed')")
    assert run(address, "")[1] == "changed"
    program.write_text(PROGRAM)


def test_a_job_ends_with_the_server_and_gets_no_server_itself(address: str) -> None:
    code = f"print(os.environ[{WORKFLOW_PID_VARIABLE!r}], os.getppid(), {forked_jobs.ADDRESS_VARIABLE!r} in os.environ)"
    server = address.partition(":")[0]
    assert run(address, code, **{WORKFLOW_PID_VARIABLE: "1"})[1] == f"{server} {server} False"


@pytest.mark.parametrize(
    ("code", "status"), [("raise ValueError('so it is')", 1), ("os.kill(os.getpid(), signal.SIGKILL)", 137)]
)
def test_an_error_and_a_killed_job_are_told(address: str, code: str, status: int) -> None:
    found, _, errors = run(address, code)
    assert found == status
    assert ("ValueError: so it is" in errors) == (status == 1)


def test_jobs_run_beside_each_other(address: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    waits = f"Path({str(first)!r}).write_text('x')\nwhile not Path({str(second)!r}).exists(): time.sleep(.01)"
    process = start(address, waits)
    wait_for(first)
    assert run(address, f"Path({str(second)!r}).write_text('x')")[0] == 0
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("sent", "received"), [(signal.SIGTERM, "15"), (signal.SIGINT, "2"), (signal.SIGKILL, "15")])
def test_a_job_gets_the_signals_of_the_process_that_waits(
    address: str, tmp_path: Path, sent: signal.Signals, received: str
) -> None:
    started, stopped = tmp_path / "started", tmp_path / "stopped"
    code = f"""
def stop(number, frame):
    Path({str(stopped)!r}).write_text(str(number))
    sys.exit(3)

signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
Path({str(started)!r}).write_text("x")
time.sleep(60)
"""
    process = start(address, code)
    wait_for(started)
    wait_until_it_forwards_signals(process)
    process.send_signal(sent)
    assert wait_for(stopped) == received
    assert process.wait(timeout=60) == (-9 if sent == signal.SIGKILL else 3)


def test_other_commands_and_several_threads_are_left_to_the_process_that_was_asked(address: str) -> None:
    assert run(address, "list", "print(1)")[:2] == (NOT_FORKED, "None")
    assert run(address, "print(1)", OMP_NUM_THREADS="2")[:2] == (NOT_FORKED, "None")
    assert run("", "print(1)")[0] == NOT_FORKED
    assert run(address, "print(1)")[:2] == (0, "1")


def test_the_server_ends_with_the_workflow_and_leaves_nothing(program: Path, tmp_path: Path) -> None:
    server, address = start_server(program)
    started = tmp_path / "started"
    waits = f"while os.getppid() == int(os.environ[{WORKFLOW_PID_VARIABLE!r}]): time.sleep(.01)"
    process = start(address, f"Path({str(started)!r}).write_text('x')\n{waits}")
    wait_for(started)
    assert server.stdin is not None
    server.stdin.close()
    assert server.wait(timeout=60) == 0
    assert process.wait(timeout=60) == 1
    assert "the process that starts the jobs of this run was ended" in process.communicate()[1]
    assert not Path(address.partition(":")[2]).parent.exists()
    assert run(address, "print(1)")[:2] == (NOT_FORKED, "None")


def test_a_server_that_ends_before_it_takes_the_job_leaves_it_to_the_process_that_was_asked(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "jobs"))
        listener.listen()
        process = start(f"1:{tmp_path}/jobs", "print(1)")
        client, _ = listener.accept()
        client.recv(1)  # comes with the handles, before the job
        while not client.recv(1_000_000, socket.MSG_PEEK).endswith(b"}\n"):
            time.sleep(0.01)
        client.close()  # with the job unread
    assert process.communicate(timeout=60)[0].strip() == "None"
    assert process.returncode == NOT_FORKED


def test_without_a_short_folder_for_temporary_files_there_is_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    for folder in (long, tmp_path / "missing"):
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        assert forked_jobs.start_fork_server() is None
    assert list(long.iterdir()) == []
