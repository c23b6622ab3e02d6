"""The scores of a run and the hash that the job which wrote them recorded."""

from __future__ import annotations

from pathlib import Path

from ..files import read_mapping, sha256

SCORES_FILE = "scores.csv"
SCORE_RECORD = Path("jobs") / "score.json"
SCORES_HASH_KEY = "scores_sha256"


def has_original_scores(folder: Path) -> bool:
    """Return whether a run's ``scores.csv`` is the file that scoring wrote; True where no hash was recorded.

    Args:
        folder: The run's folder, with ``scores.csv``.

    Raises:
        UserError: the job's record cannot be read.
    """
    record = folder / SCORE_RECORD
    recorded = read_mapping(record).get(SCORES_HASH_KEY) if record.is_file() else None
    return recorded is None or recorded == sha256(folder / SCORES_FILE)
