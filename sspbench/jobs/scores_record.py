"""The tables that scoring a run writes, and the hashes of them that the job recorded."""

from __future__ import annotations

from pathlib import Path

from ..errors import UserError
from ..files import read_mapping, sha256

SCORES_FILE = "scores.csv"
DEFINITIONS_FILE = "definitions.csv"

# The folder in a run's folder that holds masks and scores under the segmenter trained on LQ images.
LOW_FOLDER = "low"
SCORE_RECORD = Path("jobs") / "score.json"
HASH_KEYS = {SCORES_FILE: "scores_sha256", DEFINITIONS_FILE: "definitions_sha256"}
"""The key of each table's hash in the record."""


def hash_score_tables(folder: Path) -> dict[str, str]:
    """Return the entries of the record of scoring that say what its tables are."""
    return {key: sha256(folder / name) for name, key in HASH_KEYS.items() if (folder / name).is_file()}


def find_changed_tables(folder: Path) -> list[Path]:
    """Return the tables in a run's folder that are not what scoring wrote; none where no hash was recorded.

    Raises:
        UserError: the job's record cannot be read.
    """
    record = folder / SCORE_RECORD
    recorded = read_mapping(record) if record.is_file() else {}
    tables = {folder / name: recorded.get(key) for name, key in HASH_KEYS.items()}
    return [path for path, digest in tables.items() if digest and path.is_file() and sha256(path) != digest]


def reject_changed_table(path: Path) -> None:
    """Reject a table of a run that is not what scoring wrote.

    Raises:
        UserError: it was changed.
    """
    if path in find_changed_tables(path.parent):
        raise UserError(
            "A file of scores was changed after it was written",
            where=str(path),
            why="its content differs from the SHA-256 that the scoring job recorded",
            hint="run the workflow again: it computes the scores again",
        )
