"""LaTeX tables fit a two-column A4 page: compiled with pdflatex where there is one, and its log read."""

import re
import shutil
import subprocess

import pytest

from report.tables.record import Cell, Column, Row, Table
from report.tables.render.latex import render_latex
from report.tables.write_all import write_tables
from tests.synthetic_results import make_results

PAGE = r"""\documentclass[a4paper,twocolumn]{article}
\usepackage[margin=1in]{geometry}
\usepackage{booktabs,array,adjustbox}
\begin{document}
%s
\end{document}
"""


def table(columns, rows=3, words=0, notes=(), label="EnlightenGAN (VGG: random)"):
    heads = [Column(f"c{i}", f"Measure {i}") for i in range(columns)]
    heads += [Column(f"w{i}", f"Words {i}", form="words") for i in range(words)]
    cells = [Cell(mean=16.335, sd_images=1.5207, sd_seeds=0.1234, best=i == 0) for i in range(columns)]
    cells += [Cell("DCP, MSG-Net, EnlightenGAN, StillGAN, SSP-Net and what else may stand here")] * words
    lines = tuple(Row(f"r{i}", label, tuple(cells)) for i in range(rows))
    return Table("t", "Title", tuple(heads), lines, number=2, notes=notes)


def test_latex_scales_a_wide_table_and_no_column_is_lost():
    text = render_latex(table(14))
    assert r"\begin{adjustbox}{max width=\linewidth" in text
    assert [text.count(f"{{Measure {place}}}") for place in range(14)] == [1] * 14
    assert text.count(r"\begin{tabular}{>{\raggedright\arraybackslash}p{3.5cm}rrrrrrrrrrrrrr}") == 1


def test_only_long_words_wrap():
    assert render_latex(table(1, words=2, label="DCP")).count("p{3.5cm}") == 2
    assert render_latex(table(1, words=2, label="a label longer than that")).count("p{3.5cm}") == 2
    assert "p{3.5cm}" not in render_latex(table(1, label="DCP"))


def test_a_long_table_continues_and_no_row_is_lost():
    text = render_latex(table(2, rows=150, notes=("The only note.",)))
    assert text.count("EnlightenGAN") == 150
    assert text.count(r"\begin{table*}") == 3 and text.count("(continued)") == 2
    assert text.count(r"\caption{Title}") == 1 and text.count(r"\label{tab:t}") == 1
    assert text.count("The only note.") == 1


def compiled(tmp_path, bodies):
    (tmp_path / "page.tex").write_text(PAGE % "\n\\clearpage\n".join(bodies))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert ended.returncode == 0, ended.stdout[-2000:]
    return ended.stdout


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_every_table_fits_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, seeds=[0, 1])
    write_tables(results, results.plan.layout.tables)
    made = sorted(results.plan.layout.tables.glob("*.tex"))
    assert {"table1_quality", "table2_segmentation", "paper_delta", "tests"} <= {path.stem for path in made}
    long = table(1, words=2, rows=90, notes=("Note. " * 90,))
    hard = [table(9), table(14), table(3, words=3), table(4, rows=150), long]
    log = compiled(tmp_path, [*(path.read_text() for path in made), *(render_latex(one) for one in hard)])
    over = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert [points for points in over if points > 1] == []
    assert "Float too large" not in log and "Too many unprocessed floats" not in log
    assert not any("Table 2" in path.read_text().partition(r"\caption{")[2].splitlines()[0] for path in made)


def test_no_table_shows_a_key(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path)
    write_tables(results, results.plan.layout.tables)
    keys = {row.id for row in results.rows if row.id != row.label} | set(results.measures)
    keys |= {"table1_quality", "table2_segmentation", "table3_ablation", "mean_rank", "p_holm"}
    keys -= {measure.label for measure in results.measures.values()} | {"lost"}  # also a word: "nerve lost"
    for path in sorted(results.plan.layout.tables.glob("*.md")):
        words = set(re.findall(r"[\w+]+", path.read_text()))
        assert words & keys == set(), path.name
