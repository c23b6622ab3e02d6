"""Claims under five trainings: judged by the one test, whatever the means say."""

from report.analysis.paper import list_claim_pairs, list_claimed_row_pairs, load_claims, load_paper
from report.page.claim_verdicts import CLAIM_FAILS, CLAIM_HOLDS, CLAIM_UNDECIDED, OurResults, judge_claims
from report.page.table_store import TableStore
from report.tables.write_all import write_tables
from tests.scored_rows import difference, made, p_value, read_scores

ROWS = ["identity", "brightness", "enlightengan", "stillgan", "sspnet"]
GAIN = "17%, and 8% in Dice"


def judged(tmp_path, monkeypatch, levels, seeds=range(5)):
    monkeypatch.chdir(tmp_path)
    results = made(tmp_path, rows=ROWS, seeds=seeds, truth=False, levels=levels)
    write_tables(results, results.plan.layout.tables)
    return results, {
        line.quote: line for line in judge_claims(OurResults(TableStore(results.plan.layout.tables, load_paper())), [])
    }


def test_a_gain_as_large_as_claimed_holds(tmp_path, monkeypatch):
    results, lines = judged(tmp_path, monkeypatch, {"enlightengan": 0.70, "stillgan": 0.80})
    assert lines[GAIN].verdict == CLAIM_HOLDS
    scores = read_scores(results)
    table = next(results.plan.layout.tables.glob("claim_tests.csv")).read_text()
    assert "sspnet,stillgan" in table and "identity" not in table
    assert p_value(difference(scores, "sspnet", "stillgan")) < 0.05


def test_a_gain_in_the_wrong_direction_fails(tmp_path, monkeypatch):
    _, lines = judged(tmp_path, monkeypatch, {"enlightengan": 0.99, "stillgan": 0.99})
    assert lines[GAIN].verdict == CLAIM_FAILS


def test_three_trainings_leave_a_claim_open(tmp_path, monkeypatch):
    _, lines = judged(tmp_path, monkeypatch, {"enlightengan": 0.99, "stillgan": 0.99}, seeds=range(3))
    assert lines[GAIN].verdict == CLAIM_UNDECIDED


def test_no_pair_is_claimed_twice():
    pairs = [frozenset(pair) for pair in list_claimed_row_pairs(load_paper())]
    assert len(pairs) == len(set(pairs)) > 8
    assert frozenset({"sspnet", "stillgan"}) in pairs and frozenset({"sspnet", "sspnet+gan"}) in pairs


def test_every_kind_of_claim_about_results_has_pairs():
    kinds = {claim["kind"]: bool(list_claim_pairs(load_paper(), claim)) for claim in load_claims(load_paper())}
    assert {kind for kind, paired in kinds.items() if paired} == {"best", "worst", "better_than", "higher_than", "gain"}
