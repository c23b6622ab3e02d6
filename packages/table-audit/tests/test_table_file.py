"""Reading table files: cells, percents, and what is rejected."""

import pytest
import yaml

from table_audit.cell_verdicts import audit
from table_audit.command import main
from table_audit.errors import TableAuditError
from table_audit.table_file import load_published


def written(folder, *, dispersion="sd", **cells):
    """A file of one table with the methods A and B; ``cells`` by quantity, as text or (text of A, text of B, unit)."""
    metrics = {}
    for quantity, (first, second, *unit) in cells.items():
        metrics[quantity] = {"quantity": quantity, "printed": "higher", "cells": {"A": first, "B": second}}
        metrics[quantity] |= {"unit": unit[0]} if unit else {}
    table = {"id": "t", "caption": "c", "methods": ["A", "B"], "metrics": metrics}
    content = {"paper": {"key": "k", "title": "T"}, "images": {"n": 25}, "dispersion": dispersion, "tables": [table]}
    path = folder / "table.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


def verdicts(path):
    table = load_published(path).tables["t"]
    return {(cell.quantity, cell.method): cell for cell in audit(table).cells}


def test_a_cell_is_read_with_half_its_last_digit(tmp_path):
    row = load_published(written(tmp_path, dice=("0.81 ± 0.125", ".9"))).tables["t"].rows["dice"]
    assert row.mean.tolist() == [0.81, 0.9]
    assert row.half == pytest.approx([0.005, 0.05])
    assert row.spread[0] == 0.125
    assert row.spread_half[0] == pytest.approx(0.0005)
    assert row.n.tolist() == [25, 25]


@pytest.mark.parametrize(
    ("dispersion", "printed", "sd"), [("sd", "3.00", 0.03), ("var", "9.00", 0.03), ("sem", "0.60", 0.03)]
)
def test_percents_are_read_as_fractions(tmp_path, dispersion, printed, sd):
    path = written(tmp_path, dispersion=dispersion, dice=(f"81.23 ± {printed}", f"80.10 ± {printed}", "%"))
    row = load_published(path).tables["t"].rows["dice"]
    assert row.mean == pytest.approx([0.8123, 0.801])
    assert row.half == pytest.approx([0.00005, 0.00005])
    assert row.sd() == pytest.approx([sd, sd])


def test_a_table_in_percent_gets_the_verdicts_of_its_fractions(tmp_path):
    names = ("dice", "sensitivity", "accuracy")
    fractions = [
        ("0.8123 ± 0.0300", "0.9990 ± 0.0310"),
        ("0.8200 ± 0.0400", "0.8000 ± 0.0400"),
        ("0.9600 ± 0.0100", "0.9580 ± 0.0100"),
    ]
    percents = [
        ("81.23 ± 3.00", "99.90 ± 3.10", "%"),
        ("82.00 ± 4.00", "80.00 ± 4.00", "%"),
        ("96.00 ± 1.00", "95.80 ± 1.00", "%"),
    ]
    plain = verdicts(written(tmp_path, **dict(zip(names, fractions, strict=True))))
    converted = verdicts(written(tmp_path, **dict(zip(names, percents, strict=True))))
    assert {key: cell.verdict for key, cell in converted.items()} == {key: cell.verdict for key, cell in plain.items()}
    assert plain["dice", "B"].verdict == "impossible"  # Dice <= 2 SEN / (1 + SEN) = 0.889
    assert plain["dice", "A"].verdict == "ok"


def test_percents_without_their_unit_are_rejected_with_the_fix(tmp_path, capsys):
    path = written(tmp_path, dice=("81.23 ± 3.00", "80.10 ± 3.10"), niqe=("4.1", "5.2"))
    assert main([str(path)]) == 2
    printed = capsys.readouterr().err
    assert "t.metrics.dice: every mean is above 1, from 80.1 to 81.23" in printed
    assert 'add `unit: "%"` to dice' in printed
    assert "niqe" not in printed


def test_one_value_in_percent_is_a_finding(tmp_path):
    cells = verdicts(written(tmp_path, dice=("0.8123 ± 0.0300", "80.10 ± 0.0310")))
    assert cells["dice", "A"].verdict == "ok"
    assert cells["dice", "B"].verdict == "impossible"


def test_a_unit_of_percent_is_for_fractions_only(tmp_path):
    with pytest.raises(TableAuditError, match="niqe cannot be in percent"):
        load_published(written(tmp_path, niqe=("4.1", "5.2", "%")))


@pytest.mark.parametrize(
    ("quantity", "inside", "outside"),
    [
        ("dice", "1.00", "1.01"),
        ("dice", "1.0000", "1.0001"),
        ("dice", "0.9", "1.05"),
        ("auc", "0.0", "-0.2"),
        ("kappa", "-1.00", "-1.01"),
        ("kappa", "1.00", "1.05"),
        ("piqe", "100.0", "100.1"),
        ("ssim", "-1.00", "-1.01"),
        ("mse", "65025", "65027"),
    ],
)
def test_a_mean_outside_the_range_of_one_image_is_impossible(tmp_path, quantity, inside, outside):
    cells = verdicts(written(tmp_path, dispersion="none", **{quantity: (inside, outside)}))
    assert cells[quantity, "A"].verdict == "ok"
    found = cells[quantity, "B"]
    assert found.verdict == "impossible"
    assert found.findings[0].rule == ("H7" if quantity in ("ssim", "mse") else "H1")
    assert f"printed {float(outside):.4f}" in found.reason


def test_the_finding_on_a_dice_above_1_has_its_numbers(tmp_path):
    found = verdicts(written(tmp_path, dispersion="none", dice=("0.95", "1.05")))["dice", "B"]
    assert found.reason == "Dice ≤ 1, printed 1.0500"
    assert found.findings[0].margin == pytest.approx(0.045)  # 1.045 rounds to 1.05; 1 is the limit
    assert found.findings[0].margin_rounding == pytest.approx(9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "cannot be read"),
        ("a: 1\na: 2", "duplicate key 'a'"),
        ("a: &x [*x]", "aliases"),
        ("a: 2024-13-45", "cannot be read"),
        ("a: 1", "does not follow the format"),
        ("- 1", "does not follow the format"),
    ],
)
def test_other_content_is_rejected(tmp_path, text, words):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(TableAuditError, match=words) as caught:
        load_published(tmp_path / "bad.yaml")
    assert "bad.yaml" in str(caught.value)


def test_bytes_that_are_not_utf8_are_rejected(tmp_path):
    (tmp_path / "bad.yaml").write_bytes(b"a: caf\xe9")
    with pytest.raises(TableAuditError, match="not UTF-8"):
        load_published(tmp_path / "bad.yaml")
