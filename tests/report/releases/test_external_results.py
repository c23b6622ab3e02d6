"""Rows that were enhanced elsewhere in statistics, on the page and in releases."""

import shutil

import numpy as np
import pandas as pd
import pytest

from report.analysis.costs import COST_HEADS, collect_costs
from report.analysis.run_record import write_run_record
from report.analysis.statistics.paired_tests import compare_with_references
from report.figures.draw_all import write_chart_panels
from report.page.build import render_page
from report.releases.check import find_foreign_files, find_unknown_origins
from report.releases.publish import publish_release
from report.tables.record import read_table
from report.tables.write_all import write_tables
from sspbench.commands.cli import main
from sspbench.files import read_json, write_json
from sspbench.releases.release_folder import ReleasePart
from tests.scored_rows import built, made
from tests.stamped_results import MAKER, stamped
from tests.synthetic_results import make_results


@pytest.fixture
def theirs(tmp_path):
    """A folder that stands for images made elsewhere: of these tests none looks into it."""
    (tmp_path / "theirs").mkdir()
    return tmp_path / "theirs"


def test_seeds_give_a_row_made_elsewhere_no_verdict_and_take_none_from_the_others(tmp_path, theirs):
    levels = {"theirs": 0.95}
    alone = built(made(tmp_path / "alone", seeds=range(5)), tmp_path / "alone")
    results = made(tmp_path, seeds=range(5), levels=levels, external={"theirs": str(theirs)})
    found = built(results, tmp_path)
    row = found.find_row("theirs")
    assert (
        np.isnan(row.gain.p)
        and np.isnan(row.vs_best_trivial.p)
        and row.gain.verdict == row.vs_best_trivial.verdict == ""
    )
    assert row.gain.low < row.gain.mean < row.gain.high
    assert (row.gain.trainings, row.gain.note) == (1, "over segmenters and images: for these enhanced images only")
    assert (found.tested, found.trainings) == (True, 5) == (alone.tested, alone.trainings)
    assert found.find_row("sspnet").gain.verdict == "better"
    assert found.headline.startswith("Only SSP-Net is shown to beat the best trivial method (Brightness) in segmenting")
    assert "theirs (external), made once, has no verdict: Dice +0.1" in found.subline
    assert any(caveat.startswith("Made once, elsewhere") for caveat in found.caveats)
    tests = pd.read_csv(tmp_path / "tables/tests.csv")
    own = tests[tests["row"] == "theirs"]
    assert len(own) and own["p"].isna().all() and own["verdict"].isna().all() and set(own["trainings"]) == {1}
    notes = read_table(tmp_path / "tables/tests.json").notes
    assert any(note.startswith("p: of 5 trainings") for note in notes)
    assert any(note.startswith("Made once, elsewhere") for note in notes)


def test_a_row_made_elsewhere_changes_no_p_value_of_another(tmp_path, theirs):
    results = made(tmp_path, seeds=range(5), levels={"theirs": 0.1}, external={"theirs": str(theirs)})
    others = results.tested_scores[results.tested_scores["row"] != "theirs"]
    wanted = compare_with_references(others, results.references, results.better)
    found = compare_with_references(
        results.tested_scores, results.references, results.better, once=results.external_row_ids
    )
    found = found[found["row"] != "theirs"].reset_index(drop=True)
    assert wanted["p_holm"].notna().any()
    pd.testing.assert_frame_equal(found, wanted)


@pytest.mark.parametrize("rows", [["identity"], ["identity", "brightness", "gamma"]])
def test_beside_no_other_method_the_headline_speaks_of_these_images(tmp_path, theirs, rows):
    results = made(tmp_path, rows=rows, seeds=range(5), levels={"theirs": 0.95}, external={"theirs": str(theirs)})
    found = built(results, tmp_path)
    assert found.headline.startswith("On these images, theirs (external) has a higher mean Dice than the ")
    assert not any("seeds=" in caveat for caveat in found.caveats)
    assert any(caveat.startswith("Made once, elsewhere") for caveat in found.caveats)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with results of two seeds, a row of which was enhanced elsewhere, and release v1 of them."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "secret/their images").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        rows = {"methods": ["identity", "dcp", "sspnet"], "ablation": None, "seeds": [0, 1]}
        results = make_results(folder, None, **rows, external={"theirs": str(folder / "secret/their images")})
        stamped(results.plan)
        write_tables(results, results.plan.layout.tables)
        part, _ = publish_release(results.plan, "v1", MAKER)
    shutil.rmtree(folder / "secret")  # nothing of what follows needs the images
    return folder, results, ReleasePart(folder / part.folder)


def test_a_release_holds_the_scores_of_the_row_and_not_where_its_images_lay(published):
    _, _, part = published
    assert part.record["config"]["external"] == {"theirs": "their images"}
    assert part.record["config"]["methods"] == ["identity", "dcp", "sspnet"]
    assert "\ntheirs,0," in part.scores.read_text()
    settings = read_json(part.runs)["rows"]["theirs"]["0"]["jobs"]["enhance"]["settings"]
    assert settings["folder"] == "their images" and len(settings["images"]) == 64
    for name in part.list_files():
        assert b"secret" not in (part.folder / name).read_bytes(), name


def test_a_release_with_the_row_is_reproduced_compared_and_verified(published, tmp_path, monkeypatch, capsys):
    folder, results, part = published
    monkeypatch.chdir(folder)
    assert [*find_foreign_files(part), *find_unknown_origins(part)] == []
    assert main(["reproduce-tables"]) == 0
    assert main(["compare", str(results.plan.layout.root), "v1", "--output", str(tmp_path / "compared")]) == 0
    assert "32 cells (rows by measures) compared: 32 equal." in capsys.readouterr().out
    assert main(["verify", str(results.plan.layout.root), "--against", "v1", "--rows", "theirs"]) in (0, 3)
    assert "theirs" in capsys.readouterr().out
    copy = ReleasePart(shutil.copytree(part.folder, tmp_path / "v1/cornsim/demo"))
    records = read_json(copy.runs)
    del records["rows"]["theirs"]
    write_json(copy.runs, records)
    assert list(find_unknown_origins(copy)) == [
        "ORIGIN   theirs in runs.json has seeds none, not those of release.json"
    ]


def test_the_page_shows_the_row_everywhere_and_says_that_its_cost_is_not_known(published):
    _, results, _ = published
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(published[0])
        write_run_record(results, results.plan.layout.root)
        write_chart_panels(results, results.plan.layout.figures)
        page = render_page(results.plan.layout.root)
    (cells,) = [line.cells for line in collect_costs(results) if line.label.startswith("theirs")]
    assert [cell.text for cell in cells[:-1]] == ["n/a"] * 7 and "not known" in cells[-1].text
    assert len(cells) == len(COST_HEADS) - 1
    assert page.count("Enhanced outside the suite") >= 2
    assert "imported from the folder their images" in page
    assert "Not shown, because their time is unknown: theirs (external)." in page
