"""Work shared among processes: the order, faults, and that tables, figures and page keep their bytes."""

import os
import signal
import sys

import pytest

from report.analysis.results import Results
from report.figures.draw_all import draw_figures, write_chart_panels
from report.page.build import render_page
from report.parallel import parallel_map
from report.tables.write_all import write_tables
from sspbench.errors import UserError
from sspbench.files import sha256

linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux alone")


def test_results_come_in_the_order_of_the_items_whoever_made_them():
    assert parallel_map(lambda item: item * item, range(7), 3) == [item * item for item in range(7)]


@linux
def test_several_processes_take_part_and_one_stays_here():
    assert os.getpid() not in parallel_map(lambda _: os.getpid(), range(4), 2)
    assert parallel_map(lambda _: os.getpid(), range(2), 1) == [os.getpid()] * 2


def test_a_fault_of_the_work_is_told_as_it_is():
    def refuse(item):
        raise UserError(f"{item} is no good", hint="take another")

    with pytest.raises(UserError, match=r"0 is no good\n  hint: take another"):
        parallel_map(refuse, range(2), 2)


@linux
def test_a_killed_process_is_told():
    with pytest.raises(UserError, match="ended before its work was done"):
        parallel_map(lambda _: os.kill(os.getpid(), signal.SIGKILL), range(2), 2)


def files(folder):
    return {str(path.relative_to(folder)): sha256(path) for path in folder.rglob("*") if path.is_file()}


def test_tables_figures_and_page_have_the_same_bytes_from_any_number_of_processes(drawn, tmp_path, monkeypatch):
    root = drawn.plan.layout.root
    monkeypatch.chdir(drawn.plan.layout.results.parent)
    results = Results(drawn.plan, partial=True, processes=2)
    write_tables(results, tmp_path / "tables")
    draw_figures(results, tmp_path / "figures")
    write_chart_panels(results, tmp_path / "figures")
    made = {name: files(tmp_path / name) for name in ("tables", "figures")}
    assert made == {name: files(root / name) for name in made}
    assert "definition_sensitivity.csv" in made["tables"] and "comparison.pdf" in made["figures"]
    assert render_page(root, 2) == (root / "report.html").read_text()
