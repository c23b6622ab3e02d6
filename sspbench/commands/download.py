"""``download``: fetch an open data set with pooch; it is put in place only once its size and hash are right."""

from __future__ import annotations

import argparse
import shutil
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..files import raw_file_path
from ..jobs.progress import progress_bar
from ..plugins.discovery import find_plugins

if TYPE_CHECKING:
    import requests

DOWNLOAD_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class DownloadSource:
    """A file that can be downloaded over HTTP.

    Attributes:
        urls: Addresses, tried in order.
        bytes: Its exact size.
        sha256: Its hash, hexadecimal.
    """

    urls: Sequence[str]
    bytes: int
    sha256: str


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
    facts = found.meta["download"]
    source = DownloadSource(args.url or [facts["url"]], facts["bytes"], facts["sha256"])
    path = download_file(source, raw_file_path(found.folder, facts["url"]))
    print(f"{path}: size and hash are right\nprepare it: python -m sspbench stage prepare --set dataset={found.name}")
    return 0


def download_file(source: DownloadSource, target: Path) -> Path:
    """Download to ``target`` and return it; a file that is already there and has the right hash is kept.

    Raises:
        UserError: no address gave the file, it has the wrong size or hash, or the disk is too full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _check_free_space(source, target)
    refusals = []
    for url in source.urls:
        refusal = _try_address(url, source, target)
        if refusal is None:
            return target
        refusals.append(f"{url}: {refusal}")
    raise UserError(
        "The download did not succeed",
        where=str(target),
        why="\n  ".join(refusals),
        hint="run the command again, or name a mirror with --url",
    )


def _check_free_space(source: DownloadSource, target: Path) -> None:
    free = shutil.disk_usage(target.parent).free
    if not target.exists() and free < source.bytes:
        raise UserError(
            "The disk has no room for the download",
            where=str(target.parent),
            why=f"the file has {source.bytes} bytes, {free} are free",
            hint="free some space and run the command again",
        )


def _try_address(url: str, source: DownloadSource, target: Path) -> str | None:
    """Download from one address; return why it failed, or None."""
    import pooch
    import requests

    if urllib.parse.urlparse(url).scheme not in ("http", "https"):
        return "not an http(s) address"

    def check_announced_size(answer: requests.Response, **_: Any) -> None:
        length = answer.headers.get("Content-Length")
        if answer.status_code == requests.codes.ok and length not in (None, str(source.bytes)):
            raise ValueError(f"the server offers {length} bytes, not {source.bytes}")

    pooch.get_logger().setLevel("WARNING")
    try:
        with progress_bar(total=source.bytes, label="download", unit="B") as bar:
            bar.unit_scale = True
            downloader = pooch.HTTPDownloader(
                progressbar=bar,
                timeout=DOWNLOAD_TIMEOUT_S,
                hooks={"response": check_announced_size},
            )
            pooch.retrieve(url, f"sha256:{source.sha256}", target.name, target.parent, downloader=downloader)
    except (ValueError, requests.exceptions.RequestException) as error:
        return str(error)
    return None
