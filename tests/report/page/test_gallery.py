"""What stands under the pictures of the gallery."""

import math
from types import SimpleNamespace

import numpy as np

from report.analysis.run_record import RowRecord, ShownImage, TileScore
from report.page.gallery import make_gallery
from sspbench.images.pictures import write_grey


def test_only_scores_that_are_defined_stand_under_a_picture(tmp_path):
    write_grey(tmp_path / "pictures" / "enhanced" / "a.png", np.full((8, 8), 100, np.uint8))
    scores = (TileScore("Dice", 0.4152), TileScore("NIQE", math.nan), TileScore("PSNR", 14.91))
    words = dict.fromkeys(("reference", "source", "licence", "bibtex"), "")
    row = RowRecord("dcp", "DCP", "done", False, "pictures", (), **words, deviations=(), tiles={"a": scores})
    run = SimpleNamespace(rows=(row,), images=(ShownImage("a", "best", ""),))
    ((tile,),) = (sheet.tiles for sheet in make_gallery(run, tmp_path).sheets)
    assert tile.scores == ("Dice 0.415", "PSNR 14.9")
