"""Downloads against a local server that cuts, lies, misses and fills the disk."""

import hashlib
import http.server
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sspbench.commands.cli import main
from sspbench.commands.download import DownloadSource, download_file
from sspbench.errors import UserError

CONTENT = bytes(range(256)) * 2000
RIGHT = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Behaviour:
    """What the server does, and what it was asked."""

    content: bytes = CONTENT
    cut_after: list[int] = field(default_factory=list)
    ranges: bool = True
    failures: int = 0
    asked: list[str | None] = field(default_factory=list)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        behaviour = self.server.behaviour
        if self.path != "/Dataset.zip":
            self.send_error(404, "Not Found")
            return
        behaviour.asked.append(self.headers.get("Range"))
        if behaviour.failures:
            behaviour.failures -= 1
            self.send_error(503)
            return
        start = 0
        if behaviour.ranges and self.headers.get("Range"):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        body = behaviour.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: behaviour.cut_after.pop(0)] if behaviour.cut_after else body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.behaviour = Behaviour()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def source(server, path: str = "/Dataset.zip", *more: str) -> DownloadSource:
    base = f"http://127.0.0.1:{server.server_port}"
    return DownloadSource((base + path, *(base + other for other in more)), len(CONTENT), RIGHT)


def download(given: DownloadSource, target: Path) -> Path:
    return download_file(given, target, pause_s=0.0, timeout_s=5.0)


def failure(given: DownloadSource, target: Path) -> str:
    with pytest.raises(UserError) as caught:
        download(given, target)
    assert not target.exists()
    return str(caught.value)


def test_download_and_no_second_one(server, tmp_path, capsys):
    target = tmp_path / "raw" / "Dataset.zip"
    assert download(source(server), target).read_bytes() == CONTENT
    assert not target.with_name("Dataset.zip.part").exists()
    assert "512k/512k" in capsys.readouterr().err
    download(source(server), target)
    assert server.behaviour.asked == [None]


def test_a_cut_connection_is_taken_up_where_it_was_cut(server, tmp_path):
    server.behaviour.cut_after = [100_000, 50_000]
    download(source(server), tmp_path / "a.zip")
    assert server.behaviour.asked == [None, "bytes=100000-", "bytes=150000-"]


def test_a_download_goes_on_in_the_next_call(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:300_000])
    assert download(source(server), tmp_path / "a.zip").read_bytes() == CONTENT
    assert server.behaviour.asked == ["bytes=300000-"]


def test_a_server_without_ranges_starts_anew(server, tmp_path):
    server.behaviour.ranges = False
    server.behaviour.cut_after = [100_000]
    assert download(source(server), tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_wrong_part_is_thrown_away_and_fetched_anew(server, tmp_path):
    (tmp_path / "a.zip.part").write_bytes(b"x" * 1000)
    assert download(source(server), tmp_path / "a.zip").read_bytes() == CONTENT
    assert server.behaviour.asked == ["bytes=1000-", None]


def test_a_wrong_hash_is_refused_and_removed(server, tmp_path):
    server.behaviour.content = CONTENT[:-1] + b"x"
    text = failure(source(server), tmp_path / "a.zip")
    assert "wrong hash" in text and RIGHT in text
    assert not (tmp_path / "a.zip.part").exists()


@pytest.mark.parametrize("content", [CONTENT + b"x", CONTENT[:-1]])
def test_another_size_is_refused_before_it_is_stored(server, tmp_path, content):
    server.behaviour.content = content
    text = failure(source(server), tmp_path / "a.zip")
    assert "another size" in text and str(len(CONTENT)) in text
    assert not (tmp_path / "a.zip.part").exists()


def test_404_is_told_with_the_address_and_a_mirror_is_tried(server, tmp_path):
    text = failure(source(server, "/gone.zip"), tmp_path / "a.zip")
    assert "404" in text and "/gone.zip" in text and "--url" in text
    assert download(source(server, "/gone.zip", "/Dataset.zip"), tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_but_not_for_ever(server, tmp_path):
    server.behaviour.failures = 2
    download(source(server), tmp_path / "a.zip")
    server.behaviour.failures = 1000
    assert "503" in failure(source(server), tmp_path / "b.zip")


def test_no_server_at_all(tmp_path):
    given = DownloadSource(("http://127.0.0.1:9/Dataset.zip",), 10, RIGHT)
    assert "refused" in failure(given, tmp_path / "a.zip")


def test_only_http(tmp_path):
    assert "Not an http(s) address" in failure(DownloadSource(("file:///etc/passwd",), 10, RIGHT), tmp_path / "a.zip")


def test_a_file_larger_than_the_free_space_is_not_begun(server, tmp_path):
    given = DownloadSource(source(server).urls, 1 << 60, RIGHT)
    assert "no room" in failure(given, tmp_path / "a.zip")
    assert server.behaviour.asked == []


def test_a_disk_that_fills_up_is_told_and_the_part_is_kept(server, tmp_path):
    """The kernel refuses to let the file grow, as on a full disk; the next call goes on from what is there."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "from pathlib import Path; from sspbench.commands.download import DownloadSource, download_file\n"
        f"download_file({source(server)!r}, Path({str(tmp_path / 'a.zip')!r}), pause_s=0.0)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=Path.cwd())
    assert run.returncode == 1
    assert "There is no room for the download" in run.stderr
    assert (tmp_path / "a.zip.part").stat().st_size <= 200_000
    assert not (tmp_path / "a.zip").exists()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    assert download(source(server), tmp_path / "a.zip").read_bytes() == CONTENT
    assert server.behaviour.asked[-1].startswith("bytes=")


def test_a_second_download_at_the_same_time_is_refused(server, tmp_path):
    import fcntl

    with (tmp_path / "a.zip.part.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "Another download" in failure(source(server), tmp_path / "a.zip")


def test_the_command_keeps_to_the_published_size_and_hash(server, capsys):
    mirror = f"http://127.0.0.1:{server.server_port}/gone.zip"
    assert main(["download", "cornsim"]) == 2
    assert "nothing to download" in capsys.readouterr().err
    assert main(["download", "qilu", "--url", mirror]) == 2
    error = capsys.readouterr().err
    assert "404" in error and "zenodo" not in error
