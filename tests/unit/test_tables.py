"""Tables: means and both spreads against hand computation, bold cells, escapes."""

import numpy as np
import pandas as pd
import pytest

from report.tables import Cell, Table, latex, markdown, summary


def scores(values, seeds=1):
    """Scores of one metric: ``values[image][seed]``."""
    return pd.DataFrame(
        [
            {"row": "m", "metric": "x", "image": f"i{i}", "seed": s, "value": values[i][s], "note": ""}
            for i in range(len(values))
            for s in range(seeds)
        ]
    )


def test_spreads_over_images_and_over_seeds_are_kept_apart():
    facts = summary(scores([[1.0, 3.0], [2.0, 6.0], [3.0, 3.0]], 2), "m", "x")
    assert facts["mean"] == pytest.approx(3.0)
    assert facts["sd_images"] == pytest.approx(np.std([2, 4, 3], ddof=1))
    assert facts["sd_seeds"] == pytest.approx(np.std([2, 4], ddof=1))
    assert (facts["n"], facts["missing"], facts["seeds"]) == (3, 0, 2)


def test_what_is_undefined_is_counted_and_left_out():
    facts = summary(scores([[1.0], [float("nan")], [3.0]]), "m", "x")
    assert facts["mean"] == pytest.approx(2.0)
    assert (facts["n"], facts["missing"]) == (2, 1)
    assert np.isnan(facts["sd_seeds"])


def test_all_undefined_is_nan_not_zero():
    facts = summary(scores([[float("nan")], [float("nan")]]), "m", "x")
    assert np.isnan(facts["mean"])
    assert (facts["n"], facts["missing"]) == (0, 2)


@pytest.fixture
def table():
    rows = [[Cell("A & B | c"), Cell("1.0 ± 0.1", best=True)], [Cell("50 %_x"), Cell("failed")]]
    return Table("t", "Title ↑", ["Method", "X ↓"], rows, pd.DataFrame(), ["n = 3"])


def test_markdown_marks_the_best_and_escapes_bars(table):
    text = markdown(table)
    assert "| A & B \\| c | **1.0 ± 0.1** |" in text
    assert "| 50 %_x | failed |" in text


def test_latex_escapes_what_latex_would_read(table):
    text = latex(table)
    assert r"A \& B | c & \textbf{1.0 $\pm$ 0.1} \\" in text
    assert r"50 \%\_x & failed \\" in text
    assert r"\caption{Title $\uparrow$}" in text
