"""onnxruntime for browsers: fetched once by npm at a pinned version, checked by its hash, kept in a cache folder."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..checkout import ROOT
from ..errors import UserError
from ..files import sha256, write_bytes

PACKAGE = "onnxruntime-web"
VERSION = "1.30.0"
ARCHIVE = f"{PACKAGE}-{VERSION}.tgz"
ARCHIVE_SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"

# The build that needs no other file at run time, and its WebAssembly: the other builds import modules, which a page
# opened from a disk cannot do.
MODULE = "package/dist/ort.wasm.bundle.min.mjs"
WASM = "package/dist/ort-wasm-simd-threaded.wasm"

CACHE = ROOT / ".cache" / PACKAGE
FETCH_TIMEOUT_S = 600


@dataclass(frozen=True)
class WebRuntime:
    """The two files of the runtime that a page holds: a JavaScript module and its WebAssembly."""

    module: bytes
    wasm: bytes


def load_runtime(cache: Path = CACHE) -> WebRuntime:
    """Return the runtime, from the cache folder or fetched into it.

    Raises:
        UserError: npm is missing or fails, or the archive is not the pinned one.
    """
    archive = cache / ARCHIVE
    if not archive.is_file():
        _fetch_archive(archive)
    found = sha256(archive)
    if found != ARCHIVE_SHA256:
        raise UserError(
            f"{PACKAGE} is not the pinned release {VERSION}",
            where=str(archive),
            why=f"SHA-256 {found}, expected {ARCHIVE_SHA256}",
            hint="remove the file and run the command again",
        )
    with tarfile.open(archive) as files:
        return WebRuntime(_member(files, MODULE), _member(files, WASM))


def _member(files: tarfile.TarFile, name: str) -> bytes:
    stream = files.extractfile(name)
    if stream is None:
        raise UserError(f"{ARCHIVE} lacks a file", where=name, hint="remove the archive and run the command again")
    return stream.read()


def _fetch_archive(archive: Path) -> None:
    npm = shutil.which("npm")
    by_hand = f"or put {ARCHIVE} of another machine (npm pack {PACKAGE}@{VERSION}) into {archive.parent}"
    if npm is None:
        raise UserError(f"npm is missing, which fetches {PACKAGE} {VERSION} once", hint=f"install Node.js, {by_hand}")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            why = f"npm did not end within {FETCH_TIMEOUT_S} s"
            raise UserError(f"{PACKAGE} could not be fetched", why=why, hint=f"try again, {by_hand}") from error
        fetched = Path(folder) / ARCHIVE
        if done.returncode or not fetched.is_file():
            lines = done.stderr.strip().splitlines()
            why = lines[-1] if lines else f"npm ended with {done.returncode}"
            raise UserError(f"{PACKAGE} could not be fetched", why=why, hint=f"connect to the network, {by_hand}")
        write_bytes(archive, fetched.read_bytes())
