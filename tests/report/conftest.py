"""Results with everything that is made of them: tables, figures, records and page, made once."""

import pytest

from report.analysis.run_record import write_run_record
from report.figures.draw_all import draw_figures, write_chart_panels
from report.page.build import write_page
from report.tables.write_all import write_tables
from tests.synthetic_results import make_results


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """Results, by one process, of which MSG-Net failed and a label is markup; no test changes their folder."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = make_results(folder, rename={"dcp": "<b>DCP</b> & co"})
        write_tables(results, results.plan.layout.tables)
        draw_figures(results, results.plan.layout.figures)
        write_chart_panels(results, results.plan.layout.figures)
        write_run_record(results, results.plan.layout.root)
        write_page(results.plan.layout.root, results.plan.layout.root / "report.html")
    return results
