"""The audit of the SSP-Net tables, cell by cell, and the format of table files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from table_audit import command
from table_audit.cell_verdicts import COLUMNS, audit
from table_audit.claims import check_claims
from table_audit.errors import TableAuditError
from table_audit.prevalence import estimate_prevalences, estimate_specificity
from table_audit.quantity import find_quantity
from table_audit.readings import find_readings
from table_audit.table_file import load_published
from table_audit.violations import find_smallest_cap

FILE = Path(__file__).resolve().parents[3] / "report" / "published" / "ssp-net.yaml"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the tables of SSP-Net lie in the benchmark suite")
METHODS = ["Origin", "DCP", "MSG-Net", "EnlightenGAN", "StillGAN", "SSP-Net"]

IMPOSSIBLE = {
    *(("AUC", method) for method in ("DCP", "EnlightenGAN", "StillGAN", "SSP-Net")),
    *(("FDR", method) for method in METHODS),
    *(("SPE", method) for method in METHODS),
    *(("G-mean", method) for method in METHODS),
    *(("Kappa", method) for method in ("Origin", "DCP", "MSG-Net", "SSP-Net")),
}
"""Every cell of Table 2 that the arithmetic excludes at any share of nerve pixels."""


@pytest.fixture(scope="module")
def published():
    return load_published(FILE)


@pytest.fixture(scope="module")
def cells(published):
    audits = [audit(table) for table in published.tables.values()]
    return {(cell.table, cell.metric, cell.method): cell for each in audits for cell in each.cells}


@pytest.fixture(scope="module")
def table2(published):
    return published.tables["table2_segmentation"]


def test_the_file_holds_every_cell(published):
    assert {name: (len(t.rows), len(t.methods)) for name, t in published.tables.items()} == {
        "table1_quality": (4, 6),
        "table2_segmentation": (8, 6),
        "table3_ablation": (4, 4),
    }
    for table in published.tables.values():
        for row in table.rows.values():
            assert np.isfinite([*row.mean, *row.spread]).all()
            assert (row.n == 60).all()
            assert row.half == pytest.approx(0.00005)
            assert row.printed in ("higher", "lower")
    fdr = published.tables["table2_segmentation"].rows["fdr"]
    assert (fdr.printed, fdr.quantity.better) == ("higher", "lower")


def test_the_file_agrees_with_the_text_of_the_paper(published):
    paper = Path(__file__).resolve().parents[4] / "shared" / "paper" / "ssp-net.txt"
    if not paper.exists():
        pytest.skip("the paper's text (../shared/paper/ssp-net.txt) is not on this machine")
    text = paper.read_text().replace(r"\pm", "±").replace(" ", "")
    for table in published.tables.values():
        for row in table.rows.values():
            printed = [f"{mean:.4f}±{sd:.4f}" for mean, sd in zip(row.mean, row.spread, strict=True)]
            assert [cell for cell in printed if cell not in text] == []


def test_every_impossible_cell_is_found_and_no_other(cells):
    found = {(metric, method) for (table, metric, method), c in cells.items() if c.verdict == "impossible"}
    assert found == IMPOSSIBLE
    assert all(table == "table2_segmentation" for (table, _, _), c in cells.items() if c.verdict == "impossible")


@pytest.mark.parametrize(
    ("metric", "method", "rule", "bound"),
    [
        ("AUC", "DCP", "H2", "0.6717"),
        ("AUC", "EnlightenGAN", "H2", "0.6385"),
        ("AUC", "StillGAN", "H2", "0.7551"),
        ("AUC", "SSP-Net", "H2", "0.7938"),
        ("ACC", "SSP-Net", "H3", "printed ACC = 0.9749"),
        ("G-mean", "DCP", "H4", "0.8262"),
        ("G-mean", "Origin", "H4", "0.4137"),
        ("G-mean", "EnlightenGAN", "H4", "0.5677"),
        ("G-mean", "StillGAN", "H4", "0.6770"),
        ("G-mean", "SSP-Net", "H4", "0.7868"),
        ("G-mean", "MSG-Net", "H4", "sd(SEN) = 0.1673"),
        ("FDR", "SSP-Net", "H5", "0.040"),
        ("Kappa", "SSP-Net", "J1", "0.7254"),
        ("Kappa", "Origin", "J1", "0.5222"),
        ("Kappa", "DCP", "J1", "0.6131"),
        ("Kappa", "MSG-Net", "J1", "0.4923"),
        ("SPE", "DCP", "J1", "0.9696"),
    ],
)
def test_the_inequality_shows_its_numbers(cells, metric, method, rule, bound):
    worst = cells["table2_segmentation", metric, method].findings[0]
    assert worst.rule == rule
    assert bound in worst.inequality
    assert worst.margin > 0
    assert worst.margin_rounding == pytest.approx(worst.margin / 0.00005, rel=1e-6)


def test_auc_bounds_with_sds_too(cells):
    texts = {
        method: " ".join(f.inequality for f in cells["table2_segmentation", "AUC", method].findings)
        for method in ("DCP", "EnlightenGAN", "StillGAN", "SSP-Net")
    }
    for method, bound in {"DCP": 0.6817, "EnlightenGAN": 0.6485, "StillGAN": 0.7607, "SSP-Net": 0.7981}.items():
        assert f"{bound:.4f}" in texts[method]


def test_suspicious_and_inconsistent_cells(cells):
    def verdict(*key):
        return cells[key].verdict

    assert verdict("table2_segmentation", "AUC", "Origin") == "suspicious"
    assert verdict("table2_segmentation", "AUC", "MSG-Net") == "suspicious"
    assert verdict("table2_segmentation", "ACC", "SSP-Net") == "conditional"
    for method in METHODS[1:]:
        assert verdict("table2_segmentation", "Dice", method) == "suspicious"
    assert verdict("table1_quality", "NIQE", "StillGAN") == "suspicious"
    assert verdict("table1_quality", "PIQE", "StillGAN") == "suspicious"
    assert "6.84 bits" in cells["table1_quality", "Entropy", "Origin"].reason
    better = [f for f in cells["table2_segmentation", "G-mean", "StillGAN"].findings if f.rule == "S3"]
    assert "StillGAN beats DCP" in better[0].inequality


def test_ablation_cells_are_never_blamed(cells):
    assert {c.verdict for (table, _, _), c in cells.items() if table == "table3_ablation"} == {"ok", "untestable"}
    assert cells["table3_ablation", "NIQE", "Our"].verdict == "untestable"


def test_implied_prevalence_and_specificity(table2):
    found = estimate_prevalences(table2)
    assert found["specificity"].round(3) == pytest.approx([0.065, 0.054, 0.061, 0.045, 0.054, 0.052])
    assert found["dice"].round(3) == pytest.approx([0.008, 0.029, 0.014, 0.025, 0.041, -0.017])
    assert found["accuracy"].round(3) == pytest.approx([0.239, 0.066, 0.135, 0.055, 0.059, 0.084])
    assert estimate_specificity(table2).round(4) == pytest.approx(
        [0.9905, 0.9696, 0.9819, 0.9735, 0.9725, 0.9834], abs=2e-4
    )


def test_prevalence_needed_for_the_impossible_cells(table2):
    ssp = METHODS.index("SSP-Net")
    assert find_smallest_cap(table2, ssp, "accuracy") == pytest.approx(0.28, abs=0.005)
    assert find_smallest_cap(table2, ssp, "kappa") == pytest.approx(0.586, abs=0.005)


def test_fdr_readings(table2):
    found = {reading.text: reading for reading in find_readings(table2)}
    as_precision = found["FDR is the precision TP/(TP+FP)"].possible["fdr"]
    assert dict(zip(METHODS, as_precision, strict=True)) == {
        "Origin": True, "DCP": False, "MSG-Net": True, "EnlightenGAN": False, "StillGAN": False, "SSP-Net": False,
    }  # fmt: skip
    assert not found["FDR is the specificity"].possible["fdr"].any()
    assert "4.3, 8.0, 4.5, 7.2, 10.2, 10.3 %" in found["FDR is the negative predictive value"].remark


def test_dispersion_readings(table2, cells):
    found = {reading.text: reading for reading in find_readings(table2)}
    variance = found["± is a variance"].possible
    assert not variance["gmean"][[0, 1, 2, 5]].any()
    assert variance["gmean"][3]
    # Hard even as a variance for StillGAN: E[SEN·SPE] ≥ SEN + SPE − 1 needs no sd.
    assert 0.8207**2 + 0.0586 < 0.7853 + 0.9698 - 1
    assert not variance["gmean"][4]
    assert variance["accuracy"][5]
    assert not found["± is a standard error"].possible["sensitivity"].any()
    assert "± is a variance" in " ".join(cells["table2_segmentation", "G-mean", "EnlightenGAN"].readings)


def test_entropy_cannot_be_in_nats(published):
    found = {reading.text: reading for reading in find_readings(published.tables["table1_quality"])}
    assert found["Entropy is in nats"].possible["entropy"].tolist() == [True, False, False, False, False, False]


def test_claims(published):
    verdicts = {result.quote: (result.verdict, result.detail) for result in check_claims(published)}
    by_start = {quote[:24]: value for quote, value in verdicts.items()}
    assert by_start["outperforms the two meth"][0] == "holds"
    assert by_start["17%, and 8% in Dice"][0] == "holds"
    assert by_start["14% and 8% in G-mean"][0] == "mixed units"
    verdict, detail = by_start["the segmentation results"]
    assert verdict == "false"
    for part in ("ACC -0.0042", "SPE -0.0012", "FDR -0.0007", "Dice -0.0289", "Kappa -0.0330"):
        assert f"MSG-Net {part}" in detail
    assert by_start["the mean values of L_GAN"][0] == "holds"
    assert by_start["our SSP-NET model achiev"][0] == "holds"
    assert "pairing of images is not printed" in by_start["our SSP-NET model achiev"][1]
    independent = {r.quote[:24]: r for r in check_claims(replace(published, design="independent"))}
    assert independent["our SSP-NET model achiev"].verdict == "not significant"
    assert "Entropy z = 0.41" in independent["our SSP-NET model achiev"].detail
    assert "SPE z = 1.54" in independent["Our SSP-Net achieves the"].detail
    assert by_start["As shown in Table 2 [..."][0] == "misplaced"
    assert by_start['Table 3 "Our" is the SSP'][0] == "consistent"
    sums = [result for result in check_claims(published) if result.kind == "sum"]
    assert [(result.verdict, result.about) for result in sums] == [("consistent", "text")] * 2


def test_names_are_found_whatever_their_spelling():
    assert find_quantity("G-Mean").key == "gmean"
    assert find_quantity("sen").key == "sensitivity"
    assert find_quantity("avg_gradient").key == "avg_gradient"
    assert find_quantity("tortuosity") is None


def written(folder, change):
    content = yaml.safe_load(FILE.read_text())
    change(content)
    path = folder / "table.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True))
    return path


FAULTS = {
    "not a number": lambda c: c["tables"][0]["metrics"]["AvG"]["cells"].update(DCP="7.3361 (1.48)"),
    "unknown method 'Dcp'": lambda c: c["tables"][0]["metrics"]["AvG"]["cells"].update(Dcp="7.3361 ± 1.48"),
    "unknown quantity": lambda c: c["tables"][0]["metrics"]["AvG"].update(quantity="sharpness"),
    "'dispersion' is a required property": lambda c: c.pop("dispersion"),
    "Additional properties": lambda c: c.update(extra=1),
}


@pytest.mark.parametrize("message", FAULTS)
def test_a_fault_in_the_file_is_reported(tmp_path, message):
    with pytest.raises(TableAuditError, match=message):
        load_published(written(tmp_path, FAULTS[message]))


def test_a_claim_about_an_unknown_method_is_reported(tmp_path):
    path = written(tmp_path, lambda c: c["claims"].append({"kind": "best", "quote": "q", "table": "t", "method": "X"}))
    with pytest.raises(TableAuditError, match="cannot be tested"):
        check_claims(load_published(path))


def test_missing_file_and_bad_yaml_are_reported(tmp_path):
    with pytest.raises(TableAuditError, match="does not exist"):
        load_published(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(TableAuditError, match="cannot be read"):
        load_published(tmp_path / "bad.yaml")


def test_a_table_without_spreads_and_with_empty_cells(tmp_path):
    def strip(content):
        content["dispersion"] = "none"
        for metric in content["tables"][1]["metrics"].values():
            metric["cells"] = {name: cell.split(" ")[0] for name, cell in metric["cells"].items()}
        content["tables"][1]["metrics"]["AUC"]["cells"]["DCP"] = None

    table = load_published(written(tmp_path, strip)).tables["table2_segmentation"]
    found = {(c.metric, c.method): c.verdict for c in audit(table).cells}
    assert found["AUC", "DCP"] == "untestable"
    assert found["AUC", "SSP-Net"] == "impossible"
    assert found["G-mean", "DCP"] == "impossible"
    assert found["G-mean", "Origin"] != "impossible"


def test_the_command_prints_and_writes(tmp_path, capsys):
    csv, markdown = tmp_path / "audit.csv", tmp_path / "audit.md"
    more = ["--lines", str(tmp_path / "lines.csv"), "--examples", str(tmp_path / "sets")]
    assert command.main([str(FILE), "--csv", str(csv), "--markdown", str(markdown), *more]) == 0
    printed = capsys.readouterr().out
    assert "26 impossible, 1 conditional" in printed
    assert "FDR of SSP-Net: 0.9794 printed → allows Dice ≤ 0.0404, printed 0.7736 → 0.196 to 0.269 would fit" in printed
    assert "proof: " in printed
    assert "mlscorecheck" in printed
    frame = pd.read_csv(csv)
    assert list(frame.columns) == COLUMNS
    assert len(frame) == 88
    assert (frame["verdict"] == "impossible").sum() == 26
    assert "| AUC | suspicious | impossible |" in markdown.read_text()
    assert len(pd.read_csv(tmp_path / "lines.csv")) == 27
    images = pd.read_csv(tmp_path / "sets" / "table2_segmentation_accuracy_SSP-Net.csv")
    share, sen, spe = images.to_numpy().T
    assert len(images) == 60
    assert round((share * sen + (1 - share) * spe).mean(), 4) == 0.9749
    assert (round(sen.mean(), 4), round(spe.mean(), 4)) == (0.8214, 0.9724)
