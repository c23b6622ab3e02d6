"""The first screen of the page: signs, marks, counts and sentences against a computation from the scores alone."""

from __future__ import annotations

import html
import re
from collections import Counter

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from report.analysis.paper import load_paper
from report.analysis.run_record import write_run_record
from report.page.build import render_page
from report.tables.write_all import write_tables
from table_audit.cell_verdicts import audit
from table_audit.claims import check_claims
from tests.scored_rows import difference, interval, made, mean_of, p_value, read_scores

CONTENDERS = ("dcp", "sspnet", "msgnet")
LABELS = {"dcp": "DCP", "sspnet": "SSP-Net", "msgnet": "MSG-Net", "brightness": "Brightness", "oracle": "Clean image"}


def page_of(tmp_path, monkeypatch, **made_up):
    monkeypatch.chdir(tmp_path)
    results = made(tmp_path, **made_up)
    write_tables(results, results.plan.layout.tables)
    write_run_record(results, results.plan.layout.root)
    return results, render_page(results.plan.layout.root)


def words(text):
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", text).split()))


def forest(page):
    """{row: (label, [numbers], classes of its mark, x of its mark)} in the order of the plot."""
    found = {}
    part = page[page.index('id="forest"') :]
    for line in re.findall(r'<tr class="[^"]*" data-row="([^"]+)">(.*?)</tr>', part[: part.index("</table>")], re.S):
        label = words(re.search(r"<th.*?</th>", line[1], re.S)[0])
        numbers = [words(cell) for cell in re.findall(r"<td data-head.*?</td>", line[1], re.S)]
        kinds = re.findall(r'class="(?:point|interval) (\w+)"', line[1])
        place = re.search(r'(?:cx|overflow="visible" x|<svg x)="([\d.]+)%"', line[1])
        found[line[0]] = (label, numbers, set(kinds), None if place is None else float(place[1]))
    return found


def cards(page):
    return [words(card) for card in re.findall(r'<div class="card">(.*?)</div>', page, re.S)]


def chips(page):
    return re.findall(r"<li>(.*?)</li>", page[page.index('class="chips"') : page.index("</ul>")])


def signed(value, decimals=3):
    """A difference as the page writes it, by string replacement alone."""
    text = f"{value:+.{decimals}f}".replace("-", "\u2212")
    return text if text.strip("+\u22120.") else text[1:]


def share(value):
    return f"{value:.{0 if value >= 100 else 1}f} %"


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2), range(5)], ids=["one", "three", "five"])
def test_the_plot_shows_the_numbers_of_the_scores(tmp_path, monkeypatch, seeds):
    results, page = page_of(tmp_path, monkeypatch, seeds=seeds)
    scores, rows = read_scores(results), forest(page)
    trivial = max(("brightness", "gamma"), key=lambda row: mean_of(scores, row))
    gains = {row: difference(scores, row, "identity").mean() for row in (*CONTENDERS, trivial)}
    assert list(rows) == [*sorted(gains, key=gains.get, reverse=True), "oracle"]
    gap = difference(scores, "oracle", "identity").mean()
    for row, (label, numbers, _, _) in rows.items():
        values = difference(scores, row, "identity")
        assert label == LABELS[row] + {"brightness": " best trivial", "oracle": " ceiling"}.get(row, "")
        assert numbers[0].startswith(signed(values.mean()))
        if len(seeds) == 1:
            low, high = interval(values)
            assert numbers[0] == f"{signed(values.mean())} [{signed(low)}, {signed(high)}]"
        assert numbers[1] == f"{signed(100 * values.mean() / gap, 0)} %"
        assert numbers[2:4] == [share(mean_of(scores, row, name)) for name in ("lost", "hallucinated")]
        assert (len(numbers) == 5) == (len(seeds) >= 5)
    places = [place for *_, place in rows.values()]
    means = [difference(scores, row, "identity").mean() for row in rows]
    slope = np.polyfit(means, places, 1)
    assert np.abs(np.polyval(slope, means) - places).max() < 0.02  # hundredths of a percent are printed


def test_marks_are_those_of_the_test_and_only_of_five_trainings(tmp_path, monkeypatch):
    results, page = page_of(tmp_path, monkeypatch, seeds=range(5))
    scores, rows = read_scores(results), forest(page)
    tested = [*CONTENDERS, "brightness", "gamma"]
    ps = multipletests([p_value(difference(scores, row, "identity")) for row in tested], method="holm")[1]
    for row, p in zip(tested, ps, strict=True):
        sign = "gains" if difference(scores, row, "identity").mean() > 0 else "harms"
        if row in rows:
            assert rows[row][2] == {sign if p < 0.05 else "even"}, row


def test_one_training_has_no_marks(tmp_path, monkeypatch):
    _, page = page_of(tmp_path, monkeypatch)
    assert {kind for row, (*_, kinds, _) in forest(page).items() if row != "oracle" for kind in kinds} == {"open"}
    assert "▲" not in page and "▼" not in page and "p &lt;" not in page[: page.index("<main>")]


def test_the_chips_say_scale_images_and_trainings(tmp_path, monkeypatch):
    _, page = page_of(tmp_path, monkeypatch, seeds=(0, 1, 2), images=7)
    assert chips(page)[0].startswith("demonstration scale")
    assert chips(page)[1:] == ["7 simulated test images", "3 trainings per method"]


def test_the_cards_count_what_there_is(tmp_path, monkeypatch):
    results, page = page_of(tmp_path, monkeypatch)
    found, scores = cards(page), read_scores(results)
    means = {row: mean_of(scores, row, "niqe") for row in [*CONTENDERS, "identity", "brightness", "gamma", "oracle"]}
    place = 1 + sum(mean < means["oracle"] for mean in means.values())
    pairs = [(-means[row], mean_of(scores, row)) for row in means if row != "oracle"]
    order = np.corrcoef(np.argsort(np.argsort(pairs, axis=0), axis=0).T)[0, 1]
    misleads = place > (len(means) + 1) / 2 or order < 0
    assert found[0].startswith(f"{int(misleads)} of 1 quality measures")
    assert (f"{place} of {len(means)} in NIQE" in found[0]) == misleads
    verdicts = Counter(cell.verdict for table in load_paper().tables.values() for cell in audit(table).cells)
    bad = {word: verdicts[word] for word in ("impossible", "conditional", "inconsistent")}
    assert found[1].startswith(f"{sum(bad.values())} of {verdicts.total()} published cells")
    assert all((f"{count} {word}" in found[1]) == bool(count) for word, count in bad.items())
    false = sum(claim.verdict == "false" for claim in check_claims(load_paper()) if claim.about == "results")
    assert re.match(rf"{false} of \d+ of the paper's claims about results fails?, contradicted by", found[2])


def test_a_failed_method_stands_in_the_plot_without_a_number(tmp_path, monkeypatch):
    _, page = page_of(tmp_path, monkeypatch, failed=("msgnet",))
    rows = forest(page)
    assert rows["msgnet"][0] == "MSG-Net diverged"
    assert set(rows["msgnet"][1]) == {"n/a"} and rows["msgnet"][3] is None
    assert list(rows)[-1] == "msgnet"
    assert "Runs that did not end well: 1" in page and "MSG-Net failed (diverged)" in page


def test_one_method_alone_has_a_plot_without_ceiling_and_rival(tmp_path, monkeypatch):
    results, page = page_of(tmp_path, monkeypatch, rows=["identity", "dcp"])
    low, high = interval(difference(read_scores(results), "dcp", "identity"))
    assert list(forest(page)) == ["dcp"]
    assert f"[{signed(low)}, {signed(high)}]" in forest(page)["dcp"][1][0]
    assert "On these images, DCP does not have a higher mean Dice than the untouched image." in page
    top = page[: page.index("<main>")]
    assert "Dashed line" not in top and "Dotted line" not in top and "Gap closed" not in top
    assert cards(page)[0].startswith("Not known")


def test_without_labels_the_page_says_why_there_is_no_answer(tmp_path, monkeypatch):
    _, page = page_of(tmp_path, monkeypatch, labels=False)
    assert "<h1>No answer: the test images have no labels" in page
    assert 'id="forest"' not in page
    assert "Table 2 is missing" in page and "No primary analysis" in page


def test_without_truth_there_is_no_ceiling_and_nothing_to_trust(tmp_path, monkeypatch):
    _, page = page_of(tmp_path, monkeypatch, rows=["identity", "brightness", "dcp", "sspnet"])
    assert "clean image 0." not in page and "This run cannot say: no clean images are known." in page
    assert set(forest(page)) == {"brightness", "dcp", "sspnet"}
