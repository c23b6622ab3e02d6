"""Numbers in README and docs come from releases: marks are current, and no result is typed by hand."""

import json
import re

import pytest

from report.numbers import fill_marks, format_marked_number, list_pages, remove_marks, render_study_table
from sspbench.errors import UserError

CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)

# What results look like: two decimals or more without a leading digit but zero, an interval, a spread.
RESULT_PATTERN = re.compile(
    r"(?<![\w.])[-+−]?0?\.\d{2,}(?![\d.])"  # .804, -0.42
    r"|[-+−]?\d*\.\d+ \[[-+−]?\d*\.?\d+, "  # 3.84 [.50,
    r"|\d*\.\d+ ± "
)

ROWS = [
    {"key": "sspnet", "mean": 0.82449, "gain": {"mean": 0.0194, "low": 0.0106, "high": 0.0284}, "rival": None},
    {"key": "msgnet", "mean": 1.5, "gain": {"mean": -0.3614, "low": -0.647, "high": -0.075}},
]
MISSING = ("none#a/b", "primary#sspnet/rival", "primary#x/mean", "trust#bad/gap")


def find_typed_results(text):
    """Return the lines (from 1) and texts of numbers that look like results and lie outside marks and code."""
    plain = CODE.sub(lambda code: "\n" * code[0].count("\n"), remove_marks(text))
    lines = enumerate(plain.splitlines(), 1)
    return [(number, found[0]) for number, line in lines for found in RESULT_PATTERN.finditer(line)]


@pytest.fixture
def published(tmp_path):
    """Two releases of one data set; the newest has a table beside its answer."""
    for name, rows in (("v2", []), ("v10", ROWS)):
        tables = tmp_path / name / "set/demo/tables"
        tables.mkdir(parents=True)
        (tables / "primary.json").write_text(json.dumps({"rows": rows}))
    text = "row,metric,mean,low,high\nentropy,agreement:ssim,-0.42405,,\nniqe,gap,12.345,10,14.5\nbad,gap,,,\n"
    (tables / "trust.csv").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("v10/set/demo/primary#sspnet/mean", ".824"),
        ("v*/set/demo/primary#sspnet/gain", "+.019 [+.011, +.028]"),
        ("v*/set/demo/primary#msgnet/gain@2", "-.36 [-.65, -.07]"),
        ("v*/set/demo/primary#msgnet/mean@1", "1.5"),
        ("v*/set/demo/trust#entropy/agreement:ssim@2", "-.42"),
        ("v*/set/demo/trust#niqe/gap@0", "+12 [+10, +14]"),
    ],
)
def test_a_number_is_shown_as_prose_shows_it(published, source, text):
    assert format_marked_number(source, published) == text


@pytest.mark.parametrize("source", [f"v*/set/demo/{name}" for name in MISSING])
def test_a_mark_of_what_does_not_exist_is_an_error(published, source):
    with pytest.raises(UserError, match="does not exist"):
        format_marked_number(source, published)


@pytest.mark.parametrize("path", list_pages(), ids=lambda path: path.name)
def test_the_marks_of_every_page_are_current(path):
    text = path.read_text(encoding="utf-8")
    assert fill_marks(text, path.name) == text, "run: python -m sspbench numbers"


@pytest.mark.parametrize("path", list_pages(), ids=lambda path: path.name)
def test_no_page_has_results_typed_by_hand(path):
    assert find_typed_results(path.read_text(encoding="utf-8")) == []


def test_an_outdated_number_is_filled_in_and_the_rest_stays():
    source = "v*/cornsim/demo/primary#identity/mean"
    page = f"Dice <!--number:{source}-->.999<!--/number--> and more\n"
    filled = fill_marks(page, "page.md")
    assert filled == page.replace(".999", format_marked_number(source)) != page
    assert fill_marks(filled, "page.md") == filled


@pytest.mark.parametrize(
    "text", ["<!--number:v1#a/b-->.8\n", "a <!--/number--> b\n", "<!--table:budget#budget--> | a |\n"]
)
def test_a_mark_that_is_not_closed_is_an_error(text):
    with pytest.raises(UserError, match="not closed"):
        fill_marks(text, "page.md")


def test_a_table_is_that_of_the_releases_scores():
    lines = render_study_table("budget#budget").splitlines()
    assert lines[0].startswith("| Method | 100 steps") and len(lines) == 6
    with pytest.raises(UserError, match="does not exist"):
        render_study_table("doses#budget")


def test_the_dose_study_agrees_with_an_independent_recomputation():
    """The clean image's slope and SSP-Net's excess over it were computed from the release's scores by other code."""
    table = render_study_table("dose_invented#hallucination")
    assert "| Clean image | 1.38 | 1.62 | 1.73 | 2.57 | 0.59 [0.16, 1.03] |\n" in table
    assert "| SSP-Net minus clean image | 0.07 | 1.12 | 3.18 | 9.70 | 4.95 [2.14, 7.76] |\n" in table


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Dice is .824 here", [(1, ".824")]),
        ("a\nit gains +.019 [+.011, +.028].", [(2, "+.019"), (2, "+.011"), (2, "+.028")]),
        ("| 0.816 ± 0.043 |", [(1, "0.816"), (1, "0.043")]),
        ("slope 3.84 [0.5, 7.2]", [(1, "3.84 [0.5, ")]),
        ("12.3 ± 4", [(1, "12.3 ± ")]),
        ("<!--number:x#y/z-->.824<!--/number--> `0.299` and\n```\n.5678\n```\n", []),
        ("Python 3.11, version 1.30.0, 1.25 times, 0.5 MB, five of 18, 95 %", []),
    ],
)
def test_what_looks_like_a_result_is_found(text, found):
    assert find_typed_results(text) == found
