"""Archives of unknown origin: what is wrong with one is refused, named, and leaves nothing behind."""

import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from sspbench.errors import UserError
from sspbench.images.archives import ArchiveLimits, open_source, unpack_archive

MIB = 1 << 20


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, files: dict[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


USUAL_LIMITS = ArchiveLimits()


def refused(archive: Path, tmp_path: Path, limits: ArchiveLimits = USUAL_LIMITS) -> str:
    """Unpack an archive that must be refused; nothing may be left, neither inside nor outside the target."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError) as caught:
        unpack_archive(archive, tmp_path / "out", limits)
    assert sorted(tmp_path.rglob("*")) == before
    return str(caught.value)


@pytest.mark.parametrize(("ending", "mode"), [("tar", "w"), ("tgz", "w:gz"), ("tbz", "w:bz2"), ("txz", "w:xz")])
def test_tar_is_unpacked(tmp_path, ending, mode):
    unpack_archive(
        tar_of(tmp_path / f"a.{ending}", {"./trainA/1.png": b"one", "b.txt": b"two"}, mode), tmp_path / "out"
    )
    assert (tmp_path / "out/trainA/1.png").read_bytes() == b"one"
    assert (tmp_path / "out/b.txt").read_bytes() == b"two"


def test_zip_is_unpacked_without_hidden_files_and_with_backslashes(tmp_path):
    files = {"a/1.txt": b"one", "__MACOSX/a/._1.txt": b"x", "a/.DS_Store": b"x", "c\\d.txt": b"two"}
    unpack_archive(zip_of(tmp_path / "a.zip", files), tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == {"a/1.txt", "c/d.txt"}


def test_a_folder_is_given_as_it_is_and_an_archive_leaves_nothing(tmp_path):
    archive = zip_of(tmp_path / "a.zip", {"1.txt": b"one"})
    with open_source(tmp_path, tmp_path) as folder:
        assert folder == tmp_path
    with open_source(archive, tmp_path) as folder:
        assert (folder / "1.txt").read_bytes() == b"one"
    assert sorted(tmp_path.iterdir()) == [archive]


@pytest.mark.parametrize("make", [zip_of, tar_of])
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.png", "leaves the folder"),
        ("a/../../evil.png", "leaves the folder"),
        ("..\\evil.png", "leaves the folder"),
        ("/etc/evil.png", "absolute"),
        ("C:\\evil.png", "absolute"),
        ("a\x07b.png", "control characters"),
        ("n" * 250 + ".png", "too long"),
    ],
)
def test_paths_are_confined(tmp_path, make, name, why):
    text = refused(make(tmp_path / "a.bin", {"good.txt": b"x", name: b"evil"}), tmp_path)
    assert why in text
    assert "good.txt" not in text


def test_all_bad_entries_are_named_at_once(tmp_path):
    text = refused(zip_of(tmp_path / "a.zip", {"../one": b"", "/two": b"", "ok": b""}), tmp_path)
    assert "../one" in text and "/two" in text and "(2)" in text


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_tar_links_and_devices_are_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("trap")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    text = refused(tmp_path / "a.tar", tmp_path)
    assert "'trap'" in text
    assert ("it is a link" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else "device or pipe") in text


def test_zip_link_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        info = zipfile.ZipInfo("trap")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    assert "it is a link" in refused(tmp_path / "a.zip", tmp_path)


def test_encrypted_entry_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"1.txt": b"one"})
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1
    path.write_bytes(content)
    assert "it is encrypted" in refused(path, tmp_path)


def test_a_name_that_comes_twice_is_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name in ("a/1.txt", "a/1.txt", "a"):
            archive.addfile(tarfile.TarInfo(name))
    assert refused(tmp_path / "a.tar", tmp_path).count("there already") == 2


@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_a_bomb_is_refused_by_its_ratio(tmp_path, make):
    assert "zip bomb" in refused(make(tmp_path / "a.bin", {"zeros": bytes(40 * MIB)}), tmp_path)


@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_too_large_and_too_many_are_refused(tmp_path, make):
    archive = make(tmp_path / "a.bin", {f"{index}": bytes(MIB) for index in range(4)})
    assert "too large unpacked" in refused(archive, tmp_path, ArchiveLimits(unpacked=3 * MIB))
    assert "too many files" in refused(archive, tmp_path, ArchiveLimits(files=3))


def test_a_lying_zip_cannot_unpack_more_than_it_declares(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"zeros": bytes(40 * MIB)})
    content = path.read_bytes().replace(struct.pack("<I", 40 * MIB), struct.pack("<I", 10))
    path.write_bytes(content)
    refused(path, tmp_path)


def test_a_tar_header_cannot_eat_the_memory(tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as archive:
        info = tarfile.TarInfo("1.txt")
        info.pax_headers = {"comment": "x" * (48 * MIB)}
        archive.addfile(info)
    assert "zip bomb" in refused(tmp_path / "a.tgz", tmp_path)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 60_000])
def test_an_image_bomb_is_refused_by_its_header(tmp_path, side):
    text = refused(zip_of(tmp_path / "a.zip", {"trainA/huge.png": png_header(side, side)}), tmp_path)
    assert "too large" in text and "trainA/huge.png" in text


@pytest.mark.parametrize("make", [zip_of, tar_of])
def test_a_damaged_archive_is_named(tmp_path, make):
    path = make(tmp_path / "a.bin", {"1.bin": bytes(range(256)) * 400})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    text = refused(path, tmp_path)
    assert "damaged" in text and "a.bin" in text


@pytest.mark.parametrize(("head", "why"), [(b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a", "rar"), (b"hello", "neither")])
def test_what_is_no_archive_is_told(tmp_path, head, why):
    (tmp_path / "a.bin").write_bytes(head * 10)
    text = refused(tmp_path / "a.bin", tmp_path)
    assert why in text and "give the folder" in text
