"""Downloads on request: resumed where they were cut, and put in place only once size and hash are right."""

from __future__ import annotations

import argparse
import errno
import fcntl
import http.client
import os
import shutil
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..errors import UserError
from ..files import sha256
from ..jobs.progress import progress_bar
from ..plugins.discovery import find_plugins

CHUNK_BYTES = 1 << 16
MAX_ATTEMPTS = 5
"""Times a cut connection is taken up again at one address; an attempt that brought data does not count."""

INTERRUPTION_ERRORS = (http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError, urllib.error.URLError)
"""What a broken or refused connection raises."""


@dataclass(frozen=True)
class DownloadSource:
    """A file to be had over HTTP.

    Attributes:
        urls: Addresses, tried in order.
        bytes: Its exact size.
        sha256: Its hash, hexadecimal.
    """

    urls: Sequence[str]
    bytes: int
    sha256: str


class _Unavailable(UserError):
    """One address cannot give the file; the next one is tried."""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``download``."""
    parser = commands.add_parser("download", help="download an open data set, verified by size and hash")
    parser.add_argument("dataset", help="a folder of data/ that names a download")
    parser.add_argument("--url", action="append", default=[], help="a mirror to take it from; repeatable")
    parser.set_defaults(run=_download)


def _download(args: argparse.Namespace) -> int:
    known = {name: found for name, found in find_plugins("data").items() if "download" in found.meta}
    if args.dataset not in known:
        raise UserError(
            f"There is nothing to download for {args.dataset!r}",
            where="data/",
            hint=f"with a download: {', '.join(known)}; for the others see data/<name>/README.md",
        )
    found = known[args.dataset]
    path = download_file(
        parse_download_source(found.meta["download"], args.url), raw_file_path(found.folder, found.meta["download"])
    )
    print(f"{path}: size and hash are right\nprepare it: python -m sspbench stage prepare --set dataset={found.name}")
    return 0


def parse_download_source(facts: Mapping[str, Any], mirrors: Sequence[str] = ()) -> DownloadSource:
    """Return the source that the ``download`` section of a ``dataset.yaml`` names; mirrors replace its address."""
    return DownloadSource(tuple(mirrors) or (facts["url"],), facts["bytes"], facts["sha256"])


def raw_file_path(folder: Path, facts: Mapping[str, Any]) -> Path:
    """Return where a data set's download lies: ``data/<name>/raw/<file name of the URL>``."""
    return folder / "raw" / Path(urllib.parse.urlparse(facts["url"]).path).name


def download_file(source: DownloadSource, target: Path, *, pause_s: float = 1.0, timeout_s: float = 30.0) -> Path:
    """Download to ``target``; what was there already, in whole or in part, is used.

    Args:
        source: Where from, and what it must be.
        target: Where to; ``<target>.part`` holds what has come so far.
        pause_s: Waited before a cut connection is taken up again, doubled each time.
        timeout_s: Silence after which a connection counts as cut.

    Raises:
        UserError: no address gave the file, it has the wrong size or hash, or the disk is full.
    """
    if target.is_file() and target.stat().st_size == source.bytes and sha256(target) == source.sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with _lock_part_file(part):
        _check_free_space(source, part)
        refusals = []
        for url in source.urls:
            try:
                _download_from(url, source, part, pause_s, timeout_s)
                part.replace(target)
                return target
            except _Unavailable as error:
                refusals.append(str(error).replace("\n", "\n  "))
    raise UserError(
        "The download did not succeed",
        where=str(target),
        why="\n  ".join(refusals),
        hint="run the command again: it goes on where it was cut; or give a mirror with --url",
    )


@contextmanager
def _lock_part_file(part: Path) -> Iterator[None]:
    """Hold the part file's lock: two downloads into one file would spoil it."""
    with part.with_name(part.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError("Another download of this file is running", where=str(part), hint="wait for it") from error
        yield


def _check_free_space(source: DownloadSource, part: Path) -> None:
    missing = source.bytes - _part_bytes(part)
    free = shutil.disk_usage(part.parent).free
    if free < missing:
        raise _disk_full_error(part, f"{missing} bytes are still to come, {free} are free")


def _disk_full_error(part: Path, why: str) -> UserError:
    return UserError(
        "There is no room for the download", where=str(part.parent), why=why, hint="free some space and run it again"
    )


def _download_from(url: str, source: DownloadSource, part: Path, pause_s: float, timeout_s: float) -> None:
    """Bring ``part`` to its full size from one address and verify it."""
    if urllib.parse.urlparse(url).scheme not in ("http", "https"):
        raise _Unavailable("Not an http(s) address", where=url, hint="give one that begins with https://")
    begun_elsewhere = part.exists()
    _resume_until_complete(url, source, part, pause_s, timeout_s)
    if begun_elsewhere and sha256(part) != source.sha256:
        part.unlink()  # what was there before may have been wrong, not this address
        _resume_until_complete(url, source, part, pause_s, timeout_s)
    found = sha256(part)
    if found != source.sha256:
        part.unlink()
        why = f"{found}, not {source.sha256}"
        raise _Unavailable("The file has the wrong hash and was removed", where=url, why=why)


def _resume_until_complete(url: str, source: DownloadSource, part: Path, pause_s: float, timeout_s: float) -> None:
    failures = 0
    while (have := _part_bytes(part)) != source.bytes:
        if have > source.bytes:
            part.unlink()
        try:
            _append_rest(url, source, part, timeout_s)
        except INTERRUPTION_ERRORS as error:
            failures = 0 if _part_bytes(part) > have else failures + 1
            if failures >= MAX_ATTEMPTS:
                raise _Unavailable("The connection broke again and again", where=url, why=str(error)) from error
            time.sleep(pause_s * 2**failures)


def _part_bytes(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _append_rest(url: str, source: DownloadSource, part: Path, timeout_s: float) -> None:
    have = _part_bytes(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise ConnectionError(f"HTTP {error.code} {error.reason}") from error
        raise _Unavailable("The server does not have it", where=url, why=f"HTTP {error.code} {error.reason}") from error
    with answer:
        resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        start = have if resumed else 0
        _check_announced_size(answer, start, source, url)
        with part.open("ab" if resumed else "wb") as out:
            _copy_chunks(answer, out, start, source, url)


def _check_announced_size(answer: http.client.HTTPResponse, start: int, source: DownloadSource, url: str) -> None:
    """Refuse a file of another size before any of it is stored."""
    length = answer.headers.get("Content-Length")
    if length is not None and length.isdigit() and start + int(length) != source.bytes:
        why = f"{start + int(length)} bytes, not {source.bytes}"
        raise _Unavailable("The server offers a file of another size", where=url, why=why)


def _copy_chunks(answer: IO[bytes], out: IO[bytes], start: int, source: DownloadSource, url: str) -> None:
    with progress_bar(total=source.bytes, label="download", unit="B", start=start) as bar:
        bar.unit_scale = True
        got = start
        while chunk := answer.read(CHUNK_BYTES):
            got += len(chunk)
            if got > source.bytes:
                raise _Unavailable("The server sends more than the file has", where=url, why=f"over {source.bytes} B")
            _write_chunk(out, chunk)
            bar.update(len(chunk))
    if got < source.bytes:
        raise ConnectionError(f"cut after {got} of {source.bytes} bytes")


def _write_chunk(out: IO[bytes], chunk: bytes) -> None:
    try:
        out.write(chunk)
        out.flush()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _disk_full_error(Path(os.fsdecode(out.name)), str(error)) from error
        raise
