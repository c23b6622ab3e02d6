"""Archives of unknown origin: confined to their folder, no links, and limits on number, size, ratio and pixels."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from ..errors import Faults, UserError
from .decoded import MAX_PIXELS
from .inspection import add_size_fault

# How to use an archive that is refused.
UNPACK_HINT = "if you trust it, unpack it yourself and give the folder"

COPY_CHUNK_BYTES = 1 << 20
MIB = 1 << 20

# First bytes of a file, and what it then is.
MAGIC_BYTES = {b"PK": "zip", b"\x1f\x8b": "gz", b"BZh": "bz2", b"\xfd7zXZ": "xz", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}

DECOMPRESSORS: dict[str, Callable[[Path], BinaryIO | io.BufferedIOBase]] = {
    "gz": gzip.GzipFile,
    "bz2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "tar": lambda path: path.open("rb"),
}

# What the readers raise for damaged archives, for unknown compression, and (``OSError``) for damaged gz and bz2.
ARCHIVE_READ_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    OSError,
)


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may ask for.

    Attributes:
        files: Number of files.
        unpacked: Bytes of all files together.
        ratio: Unpacked over packed bytes; looked at from ``ratio_from`` unpacked bytes on.
        ratio_from: Bytes below which a high ratio is harmless (blank label images pack a thousandfold).
        pixels: Pixels of one image.
    """

    files: int = 20_000
    unpacked: int = 8 * 1024 * MIB
    ratio: float = 100.0
    ratio_from: int = 32 * MIB
    pixels: int = MAX_PIXELS


@dataclass(frozen=True)
class _Entry:
    name: str
    size: int
    kind: str
    open: Callable[[], IO[bytes]]


@contextmanager
def open_source(source: Path, beside: Path) -> Iterator[Path]:
    """Give the folder ``source``, or the archive ``source`` unpacked into a temporary folder in ``beside``."""
    if source.is_dir():
        yield source
        return
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=beside) as temporary:
        target = Path(temporary) / "content"
        unpack_archive(source, target)
        yield target


def unpack_archive(archive: Path, target: Path, limits: ArchiveLimits = ArchiveLimits()) -> None:
    """Unpack a zip or tar archive (plain, gz, bz2, xz) into the new folder ``target``.

    Hidden files (``.DS_Store``, ``__MACOSX``) are left out. ``target`` appears only if nothing was wrong.

    Raises:
        UserError: the archive is not an archive or damaged, or breaks a limit (at once); every path that leaves the
            folder, link, device, encrypted or double entry, and image beyond the pixel limit (all together).
    """
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as temporary:
        fresh = Path(temporary) / "content"
        fresh.mkdir()
        try:
            _unpack_checked(archive, fresh, limits)
        except ARCHIVE_READ_ERRORS as error:
            if isinstance(error, OSError) and error.errno is not None:
                what, hint = "An archive cannot be unpacked", "make room, or unpack it yourself and give the folder"
            else:
                what, hint = "An archive is damaged", "download or copy it again"
            raise UserError(what, where=str(archive), why=str(error) or type(error).__name__, hint=hint) from error
        fresh.replace(target)


def _unpack_checked(archive: Path, folder: Path, limits: ArchiveLimits) -> None:
    purse = _UsageCounter(archive, limits)
    names = _PathRegistry()
    with Faults("The archive is refused", where=str(archive)) as faults:
        for entry in _read_entries(archive, purse):
            purse.count_entry(entry.size)
            path = names.accept(entry, faults)
            if path is None or entry.kind == "folder":
                continue
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with entry.open() as stream, place.open("xb") as out:
                _copy_stream(stream, out, purse)
            add_size_fault(place, path, limits.pixels, faults)


def _copy_stream(stream: IO[bytes], out: IO[bytes], purse: _UsageCounter) -> None:
    while chunk := stream.read(COPY_CHUNK_BYTES):
        purse.count_bytes(len(chunk))
        out.write(chunk)


class _UsageCounter:
    """Counts what an archive has used of its limits; declared sizes are checked, but only real bytes are trusted."""

    def __init__(self, archive: Path, limits: ArchiveLimits) -> None:
        self.archive, self.limits = archive, limits
        self.packed_bytes = max(1, archive.stat().st_size)
        self.file_count, self.declared_bytes, self.unpacked_bytes = 0, 0, 0

    def count_entry(self, size: int) -> None:
        """Count one entry and the size it declares."""
        self.file_count += 1
        self.declared_bytes += size
        if self.file_count > self.limits.files:
            self._reject("holds too many files", f"more than {self.limits.files}")
        self.check_limits(self.declared_bytes)

    def count_bytes(self, size: int) -> None:
        """Count bytes that were really unpacked."""
        self.unpacked_bytes += size
        self.check_limits(self.unpacked_bytes)

    def check_limits(self, size: int) -> None:
        """Refuse ``size`` unpacked bytes if that is too much, in itself or for so small an archive."""
        if size > self.limits.unpacked:
            why = f"{size // MIB} MiB or more, at most {self.limits.unpacked // MIB} MiB"
            self._reject("is too large unpacked", why)
        if size > self.limits.ratio_from and size > self.limits.ratio * self.packed_bytes:
            why = f"{size / self.packed_bytes:.0f} times its packed size, at most {self.limits.ratio:g}: a zip bomb?"
            self._reject("unpacks to far more than it holds", why)

    def _reject(self, what: str, why: str) -> None:
        raise UserError(f"The archive {what}", where=str(self.archive), why=why, hint=UNPACK_HINT)


class _PathRegistry:
    """Accepts each path once, and only inside the folder."""

    def __init__(self) -> None:
        self.files: set[PurePosixPath] = set()
        self.folders: set[PurePosixPath] = set()

    def accept(self, entry: _Entry, faults: Faults) -> PurePosixPath | None:
        """Return the entry's path, or None where it is left out or refused (a fault is added)."""
        path = PurePosixPath(entry.name.replace("\\", "/"))
        why = _rejection_reason(entry, path)
        if why is None and any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
            return None
        if why is None and entry.kind == "file" and self._is_taken(path):
            why = "the name is there already"
        if why is not None:
            faults.add("An entry is refused", where=repr(entry.name), why=why, hint=UNPACK_HINT)
            return None
        if entry.kind == "file":
            self.files.add(path)
            self.folders.update(path.parents)
        return path

    def _is_taken(self, path: PurePosixPath) -> bool:
        return path in self.files or path in self.folders or any(parent in self.files for parent in path.parents)


def _rejection_reason(entry: _Entry, path: PurePosixPath) -> str | None:
    reasons = {"link": "it is a link", "device": "it is a device or pipe", "encrypted": "it is encrypted"}
    if entry.kind in reasons:
        return reasons[entry.kind]
    if path.is_absolute() or re.match(r"^[A-Za-z]:", entry.name):
        return "the path is absolute"
    if ".." in path.parts:
        return "the path leaves the folder"
    if not path.parts and entry.kind == "file":
        return "the name is empty"
    if re.search(r"[\x00-\x1f\x7f]", entry.name) or any(len(os.fsencode(part)) > 240 for part in path.parts):
        return "the name holds control characters or is too long"
    return None


def _read_entries(archive: Path, purse: _UsageCounter) -> Iterator[_Entry]:
    kind = _archive_type(archive)
    if kind == "zip":
        yield from _zip_entries(archive)
    elif kind in DECOMPRESSORS:
        with DECOMPRESSORS[kind](archive) as stream:
            metered = _CountingStream(stream, purse)
            # of the stream only read(size) is called, which its annotation does not say
            with tarfile.open(fileobj=cast("IO[bytes]", metered), mode="r|", bufsize=tarfile.BLOCKSIZE * 20) as tar:
                yield from _tar_entries(tar)
    else:
        raise UserError(
            "A file is not a readable archive",
            where=str(archive),
            why=f"it is a {kind} archive" if kind else "it is neither zip nor tar (plain, gz, bz2, xz)",
            hint="unpack it yourself and give the folder",
        )


def _archive_type(archive: Path) -> str | None:
    with archive.open("rb") as stream:
        head = stream.read(512)
    for magic, kind in MAGIC_BYTES.items():
        if head.startswith(magic):
            return kind
    return "tar" if head[257:262] == b"ustar" else None


def _zip_entries(archive: Path) -> Iterator[_Entry]:
    with zipfile.ZipFile(archive) as content:
        for info in content.infolist():
            kind = "folder" if info.is_dir() else "file"
            if stat.S_ISLNK(info.external_attr >> 16):
                kind = "link"
            elif info.flag_bits & 0x1:
                kind = "encrypted"
            yield _Entry(info.orig_filename, info.file_size, kind, partial(content.open, info))


def _tar_entries(tar: tarfile.TarFile) -> Iterator[_Entry]:
    for info in tar:
        kind = "device"
        if info.isfile():
            kind = "file"
        elif info.isdir():
            kind = "folder"
        elif info.issym() or info.islnk():
            kind = "link"
        yield _Entry(info.name, info.size, kind, partial(_tar_file, tar, info))


def _tar_file(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    stream = tar.extractfile(info)
    if stream is None:
        raise tarfile.ReadError(f"{info.name} is not a file")
    return stream


class _CountingStream:
    """A stream that counts what comes out of the decompressor, headers and padding included."""

    def __init__(self, stream: BinaryIO | io.BufferedIOBase, purse: _UsageCounter) -> None:
        self._stream, self._purse, self._read = stream, purse, 0

    def read(self, size: int) -> bytes:
        """Read up to ``size`` bytes."""
        data = self._stream.read(min(size, COPY_CHUNK_BYTES))
        self._read += len(data)
        self._purse.check_limits(self._read)
        return data
