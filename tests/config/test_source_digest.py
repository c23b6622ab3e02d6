"""The digest of a user's images: of which files, in which order, and what changes it."""

import hashlib
import json

import pytest

from sspbench.config.input_files import digest_source

# Pictures of a source; the contents do not matter for the digest.
FILES = {f"{split}/{name}.png": f"{split} {name}" for split in ("trainB", "testA", "trainA") for name in ("b", "a")}
OTHERS = {f"more/{name}/c.png": name for name in ("m", "z", "k", "a", "x", "b")} | {"d.tif": "top"}


def fill(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def expected(files):
    """The definition: SHA-256 of the JSON list of names and SHA-256 hashes, folder by folder, each sorted."""
    names = sorted(files, key=lambda name: (name.split("/")[:-1], name))
    listed = [[name, hashlib.sha256(files[name].encode()).hexdigest()] for name in names]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def test_no_source_has_an_empty_digest():
    assert digest_source(None) == ""


def test_an_archive_has_the_hash_of_its_bytes(tmp_path):
    fill(tmp_path, {"a.zip": "bytes"})
    assert digest_source(tmp_path / "a.zip") == hashlib.sha256(b"bytes").hexdigest()


@pytest.mark.parametrize("is_reversed", [False, True])
def test_the_order_of_folders_and_files_is_that_of_their_names(tmp_path, is_reversed):
    """File systems list folders in any order, often that in which they were made."""
    files = dict(sorted({**FILES, **OTHERS}.items(), reverse=is_reversed))
    fill(tmp_path, {**files, "testA/notes.txt": "no picture", "testA/.hidden.png": "hidden"})
    assert digest_source(tmp_path) == expected(files)


def test_splits_alone_count_on_request_where_there_are_any(tmp_path):
    fill(tmp_path, {**FILES, **OTHERS})
    assert digest_source(tmp_path, splits_only=True) == expected(FILES)
    assert digest_source(tmp_path) == expected({**FILES, **OTHERS})
    fill(tmp_path / "plain", OTHERS)
    assert digest_source(tmp_path / "plain", splits_only=True) == expected(OTHERS)
