"""Downloads from a local server that cuts, lies and misses."""

import hashlib
import http.server
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from sspbench.commands.cli import main
from sspbench.commands.download import DownloadSource, download_file
from sspbench.errors import UserError

CONTENT = bytes(range(256)) * 2000
RIGHT = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Behaviour:
    """What the server sends, and how often it was asked."""

    content: bytes = CONTENT
    cut_after: int | None = None
    requests: int = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        behaviour = self.server.behaviour
        if self.path != "/Dataset.zip":
            self.send_error(404, "Not Found")
            return
        behaviour.requests += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(behaviour.content)))
        self.end_headers()
        self.wfile.write(behaviour.content[: behaviour.cut_after])

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


def failure(given: DownloadSource, target: Path) -> str:
    with pytest.raises(UserError) as caught:
        download_file(given, target)
    assert list(target.parent.iterdir()) == []
    return str(caught.value)


def test_a_file_is_downloaded_once_with_progress(server, tmp_path, capsys):
    target = tmp_path / "raw" / "Dataset.zip"
    assert download_file(source(server), target).read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["Dataset.zip"]
    assert "512k/512k" in capsys.readouterr().err
    download_file(source(server), target)
    assert server.behaviour.requests == 1


def test_a_wrong_file_in_its_place_is_replaced(server, tmp_path):
    (tmp_path / "a.zip").write_bytes(b"x" * 1000)
    assert download_file(source(server), tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_wrong_hash_is_rejected_and_nothing_is_left(server, tmp_path):
    server.behaviour.content = CONTENT[:-1] + b"x"
    assert RIGHT in failure(source(server), tmp_path / "a.zip")


@pytest.mark.parametrize("content", [CONTENT + b"x", CONTENT[:-1]])
def test_another_size_is_rejected_with_both_sizes(server, tmp_path, content):
    server.behaviour.content = content
    assert f"the server offers {len(content)} bytes, not {len(CONTENT)}" in failure(source(server), tmp_path / "a.zip")


def test_a_cut_connection_is_reported_and_nothing_is_left(server, tmp_path):
    server.behaviour.cut_after = 100_000
    assert "100000 bytes read" in failure(source(server), tmp_path / "a.zip")


def test_a_404_is_reported_with_the_address_and_a_mirror_is_tried(server, tmp_path):
    text = failure(source(server, "/gone.zip"), tmp_path / "a.zip")
    assert "404" in text and "/gone.zip" in text and "--url" in text
    found = download_file(source(server, "/gone.zip", "/Dataset.zip"), tmp_path / "a.zip")
    assert found.read_bytes() == CONTENT


def test_no_server_at_all(tmp_path):
    given = DownloadSource(("http://127.0.0.1:9/Dataset.zip",), 10, RIGHT)
    assert "refused" in failure(given, tmp_path / "a.zip")


def test_only_http(tmp_path):
    assert "not an http(s) address" in failure(DownloadSource(("file:///etc/passwd",), 10, RIGHT), tmp_path / "a.zip")


def test_a_file_larger_than_the_free_space_is_not_begun(server, tmp_path):
    given = DownloadSource(source(server).urls, 1 << 60, RIGHT)
    assert "no room" in failure(given, tmp_path / "a.zip")
    assert server.behaviour.requests == 0


def test_the_command_keeps_to_the_published_size_and_hash(server, capsys):
    mirror = f"http://127.0.0.1:{server.server_port}/gone.zip"
    assert main(["download", "cornsim"]) == 2
    assert "nothing to download" in capsys.readouterr().err
    assert main(["download", "qilu", "--url", mirror]) == 2
    error = capsys.readouterr().err
    assert "404" in error and "zenodo" not in error
