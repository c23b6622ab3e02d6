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


@pytest.mark.parametrize(
    ("made", "alike"),
    [
        ("row,mean\na,0.25\n", True),
        ("row,low,mean\na,0.1,0.25000000000001\n", True),
        ("row,mean,low\na,0.2501,0.1\n", False),
        ("row,mean\na,0.25\nb,0.3\n", False),
        ("row,low\na,0.1\n", False),
        ("", False),
    ],
)
def test_a_table_keeps_its_columns_and_may_have_more(tmp_path, made, alike):
    (tmp_path / "published.csv").write_text("row,mean\na,0.25\n")
    (tmp_path / "made.csv").write_text(made)
    assert is_alike(tmp_path / "published.csv", tmp_path / "made.csv") is alike


def test_another_processors_rounding_is_close_and_a_digit_is_not(tmp_path):
    for name, number in (("a", 0.1234567890123), ("b", 0.1234567890124), ("c", 0.12345)):
        write_json(tmp_path / f"{name}.json", {"mean": number})
    assert is_alike(tmp_path / "a.json", tmp_path / "b.json")
    assert not is_alike(tmp_path / "a.json", tmp_path / "c.json")
    assert not is_alike(tmp_path / "none.json", tmp_path / "a.json")
