"""Reading scores: pieces and files are joined without a changed text or value."""

from pathlib import Path

import pandas as pd

from report.analysis.run_scores import CHUNK_LINES, join_scores, read_run_scores
from report.analysis.statistics.summary import iter_grids
from sspbench.releases.score_files import LONG_COLUMNS


def write_scores(path: Path, lines: list[tuple[object, ...]]) -> Path:
    rows = [",".join(map(str, line)) for line in [LONG_COLUMNS, *lines]]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_file_longer_than_a_piece_keeps_its_lines_in_order(tmp_path):
    lines = [
        ("cornsim", "demo", "cut", "", 0, f"image_{number}", "dice", number / 7, "")
        for number in range(CHUNK_LINES + 5)
    ]
    found = read_run_scores(write_scores(tmp_path / "scores.csv", lines))
    assert found["image"].tolist() == [line[5] for line in lines]
    assert found["value"].tolist() == [line[7] for line in lines]


def test_files_with_different_texts_are_joined(tmp_path):
    first = read_run_scores(write_scores(tmp_path / "a.csv", [("cornsim", "demo", "cut", "", 0, "b", "dice", 0.5, "")]))
    second = read_run_scores(
        write_scores(tmp_path / "b.csv", [("cornsim", "demo", "sspnet", "gan", 0, "a", "dice", "nan", "no structure")])
    )
    joined = join_scores([first, second])
    assert joined["method"].tolist() == ["cut", "sspnet"]
    assert joined["note"].tolist() == ["", "no structure"]
    ((key, rows),) = iter_grids(joined)
    assert key == ("cornsim", "demo", "dice")
    assert {row: grid.index.tolist() for row, grid in rows.items()} == {"cut": ["b"], "sspnet+gan": ["a"]}
    assert rows["cut"].to_numpy().item() == 0.5
    assert pd.isna(rows["sspnet+gan"].to_numpy().item())


def test_a_file_without_lines_adds_none(tmp_path):
    empty = read_run_scores(write_scores(tmp_path / "a.csv", []))
    full = read_run_scores(write_scores(tmp_path / "b.csv", [("cornsim", "demo", "cut", "", 0, "b", "dice", 0.5, "")]))
    assert join_scores([empty]).empty
    assert join_scores([empty, full])["image"].tolist() == ["b"]
