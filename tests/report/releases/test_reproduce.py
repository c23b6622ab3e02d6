"""What counts as the same record and the same tables, when an older release is rebuilt."""

from __future__ import annotations

import pytest

from report.releases.reproduce import is_alike
from sspbench.files import write_json

PUBLISHED = {"headline": "Old words.", "images": 16, "rows": [{"key": "a", "mean": 0.25, "gain": None}]}


@pytest.mark.parametrize(
    ("made", "alike"),
    [
        ({**PUBLISHED, "headline": "New words.", "tested": True}, True),
        ({**PUBLISHED, "rows": [{"key": "a", "mean": 0.25 * (1 + 1e-12), "gain": None, "rank": {"low": 1}}]}, True),
        ({**PUBLISHED, "rows": [{"key": "a", "mean": 0.2501, "gain": None}]}, False),
        ({**PUBLISHED, "rows": [{"key": "b", "mean": 0.25, "gain": None}]}, False),
        ({**PUBLISHED, "rows": []}, False),
        ({**PUBLISHED, "rows": [{"key": "a", "mean": 0.25, "gain": 0.1}]}, False),
        ({"headline": "Old words.", "rows": PUBLISHED["rows"]}, False),
    ],
)
def test_a_record_keeps_its_facts_and_may_change_its_words(tmp_path, made, alike):
    write_json(tmp_path / "published.json", PUBLISHED)
    write_json(tmp_path / "made.json", made)
    assert is_alike(tmp_path / "published.json", tmp_path / "made.json") is alike
