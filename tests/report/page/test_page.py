"""The page: one file, nothing outside it, claims judged by rule, failures seen, texts escaped."""

import hashlib
import html
import json
import re
import shutil

import pytest

from report.analysis.paper import load_paper
from report.analysis.run_facts import format_repeat_command, list_reservations
from report.analysis.run_record import write_run_record
from report.figures.palette import CHART_VARIABLES, PAGE_COLOURS
from report.page.build import render_page
from report.page.claim_verdicts import CLAIM_FAILS, CLAIM_UNDECIDED, OurResults, judge_claims
from report.page.table_store import TableStore, format_paper_cell
from sspbench.checkout import ROOT
from sspbench.config.plan import DEFAULT_CONFIG_FILE, Plan, merge_dicts, read_config
from sspbench.errors import UserError
from sspbench.files import write_text
from tests.synthetic_results import make_results


def rendered(results):
    """The page of results without tables and figures."""
    write_run_record(results, results.plan.layout.root)
    return render_page(results.plan.layout.root)


@pytest.fixture(scope="module")
def page(drawn):
    return (drawn.plan.layout.root / "report.html").read_text()


def test_the_page_is_rebuilt_from_records_tables_figures_and_pictures_alone(drawn, page, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn.plan.layout.results.parent)
    root = drawn.plan.layout.root
    kept = tmp_path / "moved"
    for part in ("analysis", "tables", "figures"):
        shutil.copytree(root / part, kept / part)
    for picture in (root / "runs").rglob("*.png"):
        target = kept / picture.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, target)
    assert render_page(kept) == page
    assert {path.suffix for path in (kept / "runs").rglob("*") if path.is_file()} == {".png"}


def test_the_page_that_enhances_pictures_is_linked(drawn, page, tmp_path, monkeypatch):
    monkeypatch.chdir(drawn.plan.layout.results.parent)
    root = shutil.copytree(drawn.plan.layout.root, tmp_path / "copied")
    (root / "runs/a/seed-0").mkdir(parents=True)
    (root / "runs/a/seed-0/weights.safetensors").write_bytes(b"weights")
    known = hashlib.sha256(b"weights").hexdigest()
    for weights, shown in [(known, 'href="enhance.html"'), ("0" * 64, "networks of an earlier training")]:
        facts = json.dumps({"models": [{"name": "SSP-Net", "weights_sha256": weights}]})
        (root / "enhance.html").write_text(f'<script type="application/json" id="facts">{facts}</script>')
        assert shown in render_page(root) and shown not in page


def test_a_missing_or_foreign_record_is_named(drawn, tmp_path):
    with pytest.raises(UserError, match=r"facts\.json"):
        render_page(tmp_path)
    shutil.copytree(drawn.plan.layout.root / "analysis", tmp_path / "analysis")
    write_text(tmp_path / "analysis" / "costs.json", '[{"label": 3}]')
    with pytest.raises(UserError, match=r"costs\.json"):
        render_page(tmp_path)


def test_the_page_refers_to_nothing_outside_itself(page):
    assert not re.search(
        r"""(?:src|href|action|srcset|data|poster)\s*=\s*["']?(?!#|data:)[^"'\s>]""", _without_texts(page)
    )
    assert "@import" not in page and "url(" not in page and "fetch(" not in page and "eval(" not in page
    assert len(page.encode()) < 8_000_000


def _without_texts(page):
    """The page's tags only, without data attributes."""
    tags = "".join(re.findall(r"<[^>]*>", re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.S)))
    return re.sub(r'data-\w+="[^"]*"', "", tags)


def test_a_policy_forbids_every_request_and_foreign_script(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src &#39;none&#39;" in policy or "default-src 'none'" in policy
    assert "unsafe" not in policy and "sha256-" in policy


def test_labels_are_escaped(page):
    assert "<b>DCP</b>" not in page
    assert "&lt;b&gt;DCP&lt;/b&gt; &amp; co" in page
    assert "NaN &lt;twice&gt;" in page


def test_the_scale_comes_first_and_failures_are_seen_everywhere(page):
    assert page.index("demonstration scale") < page.index('id="forest"')
    assert "8 simulated test images" in page and "one training per method" in page
    assert "Runs that did not end well: 1" in page
    for part in ("table1_quality", "costs"):
        start = page.index(f'id="{part}"')
        assert "diverged" in page[start : page.index("</table>", start)], part
    assert 'data-absent="diverged' in page


def test_every_section_stands_in_the_asked_order(page):
    places = [page.index(f'<h2 id="{name}"') for name in (
        "images", "tables", "trust-section", "delta", "audit", "claims", "statistics", "cost", "provenance", "appendix",
    )]  # fmt: skip
    assert places == sorted(places)


def test_every_picture_has_words(page):
    pictures = re.findall(r"<img[^>]*>", page)
    assert len(pictures) > 50
    assert all(re.search(r'alt="[^"]+"', picture) for picture in pictures if "src=" in picture)


def test_links_lead_somewhere(page):
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids
    assert any(target.startswith("cell-") for target in re.findall(r'href="#([^"]+)"', page))


def test_a_missing_table_is_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, ablation=None, methods=["identity", "dcp"])
    page = rendered(results)
    assert "Table 2 is missing" in page and "Table 3 is missing" in page
    assert "This run has no figures of images" in page


def test_a_page_without_pictures_and_any_finished_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    results = make_results(tmp_path, failed="dcp", methods=["dcp"], ablation=None)
    results.plan.layout.manifest.unlink()
    assert "there is nothing to show" in rendered(results)


def _judged(drawn, keep=()):
    results = drawn
    shelf = TableStore(results.plan.layout.tables, load_paper())
    return {line.quote: line for line in judge_claims(OurResults(shelf), list(keep))}


@pytest.fixture
def in_folder(drawn, monkeypatch):
    monkeypatch.chdir(drawn.plan.layout.results.parent)


@pytest.mark.usefixtures("in_folder")
def test_a_demonstration_cannot_judge_a_claim_but_the_papers_own_numbers_can(drawn):
    lines = _judged(drawn, list_reservations(drawn.plan, load_paper()))
    assert lines["17%, and 8% in Dice"].verdict == CLAIM_UNDECIDED
    assert "demo scale" in lines["17%, and 8% in Dice"].why and "simulated" in lines["17%, and 8% in Dice"].why
    better = next(line for quote, line in lines.items() if "all enhanced images are better" in quote)
    assert better.verdict == CLAIM_FAILS and "own tables" in better.why
    assert lines["As shown in Table 2 [...] especially AvG and PIQE"].verdict == "misplaced"
    assert next(line for quote, line in lines.items() if quote.startswith("628")).verdict == "consistent"


@pytest.mark.usefixtures("in_folder")
def test_without_a_test_not_even_the_papers_protocol_judges(drawn):
    means = drawn.scores.groupby(["row", "metric"])["value"].mean()
    gain = 100 * (means["sspnet", "dice"] - means["enlightengan", "dice"])
    line = _judged(drawn)["17%, and 8% in Dice"]
    assert line.verdict == CLAIM_UNDECIDED and "not shown beyond chance" in line.why
    assert f"{gain:+.1f} points over EnlightenGAN" in line.seen.text


@pytest.mark.usefixtures("in_folder")
def test_wins_by_means_are_counted_in_the_papers_direction_and_called_untested(drawn):
    means = drawn.scores.groupby(["row", "metric"])["value"].mean()
    quote = "our SSP-NET model achieved the best results on all metrics"
    higher = {"entropy": True, "avg_gradient": True, "niqe": False, "piqe": False}
    others = ["identity", "dcp", "enlightengan", "stillgan"]
    assert all((row, name) in means.index for row in others for name in higher)
    line = _judged(drawn)[quote]
    assert line.seen.text == "MSG-Net has no Entropy in this run"
    shelf = TableStore(drawn.plan.layout.tables, load_paper())
    for name, up in higher.items():
        gain = OurResults(shelf).compute_gain("table1_quality", name, "SSP-Net", "DCP")
        assert gain == pytest.approx((means["sspnet", name] - means["dcp", name]) * (1 if up else -1), abs=1e-6)


@pytest.mark.usefixtures("in_folder")
def test_a_claim_about_a_failed_method_is_left_open(drawn):
    line = next(line for quote, line in _judged(drawn).items() if "MSG-Net (d) method is the worst" in quote)
    assert line.verdict == CLAIM_UNDECIDED and "MSG-Net" in line.why


def test_the_papers_cell_stands_beside_ours(page):
    theirs = load_paper()
    assert format_paper_cell(theirs, "table1_quality", "sspnet", "niqe").startswith("3.9778")
    assert format_paper_cell(theirs, "table3_ablation", "sspnet+gan", "niqe").startswith("6.2351")
    assert format_paper_cell(theirs, "table1_quality", "sspnet+gan", "niqe") == ""
    cell = re.search(r'<td id="cell-table1_quality-sspnet-niqe".*?</td>', page, re.S)[0]
    assert "paper&nbsp;3.9778" in cell and "data-key=" in cell


def test_the_command_repeats_what_differs_from_the_defaults():
    assert "--config" not in format_repeat_command(Plan(read_config(DEFAULT_CONFIG_FILE)))
    plan = Plan(merge_dicts(read_config(DEFAULT_CONFIG_FILE), {"data_seed": 7, "seeds": [0, 1], "preset": "smoke"}))
    assert format_repeat_command(plan).endswith("--config preset=smoke 'seeds=[0, 1]' data_seed=7")


def test_the_charts_are_drawn_in_the_page(page):
    part = page[page.index('id="distributions"') :]
    part = part[: part.index("tables/tests.csv")]
    open_part, _, folded_part = part.partition("<details>")
    assert _titles(open_part) == ["Entropy", "AvG", "NIQE", "PIQE", "Dice"]
    assert _titles(folded_part) == ["AUC", "ACC"]
    assert part.count('<svg class="plot" role="img"') == 7
    assert not re.search('id="figure-(distributions|trust|tradeoff|training)"', page)


def _titles(part):
    return [title.split()[0] for title in re.findall(r'<div class="panel"><p>(.*?)</p>', part)]


def test_the_trade_off_labels_every_finished_method_at_its_place(drawn, page):
    results = drawn
    part = html.unescape(page[page.index('id="tradeoff"') : page.index('id="distributions"')])
    assert part.count("<svg") == 2
    for row in results.rows:
        if row.is_ablation or row.tables is not None or results.status_text(row) != "done":
            continue
        assert part.count(f">{row.label}</text>") == 2
        niqe, dice = (results.summary(row.id, name).mean for name in ("niqe", "dice"))
        assert f"{row.label}: {niqe:.3g}, {dice:.3g}" in part
    assert "MSG-Net" not in part


def test_training_curves_run_from_the_first_loss_to_the_last(page):
    part = page[page.index('id="trainings"') : page.index('id="methods"')]
    assert "MSG-Net (diverged): no log kept" in part
    paths = re.findall(r'd="M ([^"]*)" [^>]*stroke="var\(--c0\)"', part)
    drawn = [[float(place.split()[1]) for place in path.split("L")] for path in paths if path.count("L") == 2]
    curves = [heights for heights in drawn if len(set(heights)) > 1]  # the samples in the legends are level
    assert len(curves) == part.count('<svg class="plot"') > 0
    assert all(heights == sorted(heights) for heights in curves)


def test_the_panels_obey_the_policy_and_take_the_colours_of_the_page(page):
    plots = re.findall(r'<svg class="plot".*?</svg>', page, flags=re.S)
    assert plots
    for plot in plots:
        assert "style=" not in plot and "<style" not in plot and "http" not in plot
        assert not re.search(r'(?:fill|stroke)="#', plot)


def test_every_colour_of_the_page_comes_from_the_palette():
    css = (ROOT / "report/page/style.css").read_text()
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", css)
    used = set(re.findall(r"var\(--([\w-]+)", css)) | set(CHART_VARIABLES.values())
    assert used <= set(PAGE_COLOURS)
