"""Results with everything that is made of them: tables, figures, records and page, made once."""

import pytest

from tests.synthetic_results import make_drawn_results


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """Results, by one process, of which MSG-Net failed and a label is markup; no test changes their folder."""
    folder = tmp_path_factory.mktemp("drawn")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return make_drawn_results(folder, rename={"dcp": "<b>DCP</b> & co"})
