"""The digest of prepared images."""

import hashlib
from pathlib import Path

import pytest

from sspbench.images.manifest import Manifest

ONE = '{"path": "testA/1.png", "width": 8}'
TWO = '{"path": "testA/\\u00e9.png", "width": 9}'


@pytest.mark.parametrize(
    ("images", "text"),
    [
        ([], "[]"),
        ([{"width": 8, "path": "testA/1.png"}], f"[{ONE}]"),
        ([{"width": 8, "path": "testA/1.png"}, {"path": "testA/é.png", "width": 9}], f"[{ONE}, {TWO}]"),
    ],
)
def test_the_digest_is_that_of_the_whole_list_as_sorted_json(images, text):
    assert Manifest(Path(), {"images": images}).digest == hashlib.sha256(text.encode()).hexdigest()
