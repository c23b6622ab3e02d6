"""Each structure has its words: nothing about vessels speaks of nerves, and nothing about nerves changes."""

import re

import pytest

from report.analysis.run_record import write_run_record
from report.page.build import render_page
from report.tables.terminal_answer import format_answer
from report.tables.write_all import write_tables
from sspbench.plugins.metric_families import load_metric_families
from tests.scored_rows import made

ABOUT_THE_PAPER = {"audit_paper", "audit_reasons", "audit_claims", "paper_delta", "claim_tests"}
PAPER_SECTIONS = ('id="delta"', 'id="audit"', 'id="claims"', 'class="paper"', "paper's claims", "Small grey numbers")


@pytest.mark.parametrize(
    ("dataset", "noun", "other"), [("cornsim", "nerve", "vessel"), ("fundussim", "vessel", "nerve")]
)
def test_tables_and_page_speak_of_the_data_set_s_structure(tmp_path, monkeypatch, dataset, noun, other):
    monkeypatch.chdir(tmp_path)
    results = made(tmp_path, seeds=range(5), dataset=dataset, segmenter="wnet", segmenter_weights="given")
    root = results.plan.layout.root
    write_tables(results, root / "tables")
    write_run_record(results, root)

    shown = {path.stem: path.read_text() for path in (root / "tables").glob("*.md") if path.stem not in ABOUT_THE_PAPER}
    assert f"{noun.capitalize()} lost" in shown["gains"] and f"{noun.capitalize()} invented" in shown["gains"]
    assert f"in segmenting {noun}s (Dice)" in shown["gains"]
    assert [name for name, text in shown.items() if re.search(other, text, re.IGNORECASE)] == []

    answer = "\n".join(format_answer(root / "tables", noun))
    assert f"{noun} lost" in answer and other not in answer

    page = render_page(root)
    top = page[page.index("<h1>") : page.index('id="caveats"')]
    assert f'<th scope="col">{noun.capitalize()} lost</th>' in top
    assert f"Lost, invented: {noun} length in % of the true length." in top
    assert other not in top.lower()

    is_nerve = noun == "nerve"  # the paper that is reproduced is about the cornea
    kept = ABOUT_THE_PAPER & {path.stem for path in (root / "tables").glob("*.md")}
    assert kept == (ABOUT_THE_PAPER if is_nerve else set())
    assert {part for part in PAPER_SECTIONS if part in page} == (set(PAPER_SECTIONS) if is_nerve else set())
    if not is_nerve:
        body = page[page.index("<body") : page.index("<script")].lower()
        assert "nerve" not in body and "cornea" not in body and "methods of the paper" not in body


def test_morphometry_of_the_cornea_is_not_computed_for_vessels():
    nerve, vessel = (set(load_metric_families({}, structure)) for structure in ("nerve", "vessel"))
    assert nerve - vessel == {"morphometry"} and vessel - nerve == {"vessels"}


def test_without_labels_the_answer_names_the_structure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = made(tmp_path, labels=False, dataset="fundussim", segmenter="wnet", segmenter_weights="given")
    write_tables(results, results.plan.layout.tables)
    answer = " ".join(format_answer(results.plan.layout.tables, "vessel"))
    assert "nothing shows whether vessels became easier to find" in answer
