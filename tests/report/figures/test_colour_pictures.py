"""Figures and the page show pictures in colour as they are, and masks and grey pictures as before."""

import base64
import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from report.figures.picture_grid import show_image, show_zoomed_region
from report.figures.run_images import RunImages
from report.page.gallery import encode_photograph
from sspbench.images.pictures import write_picture
from tests.synthetic_results import make_results

RED = np.broadcast_to(np.uint8([200, 10, 20]), (48, 48, 3)).copy()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        results = make_results(folder, failed=None)
        for row in results.rows:
            write_picture(results.run_folder(row.runs[0]) / "enhanced/image_1.png", RED)
        yield RunImages(results)


def test_an_enhanced_picture_keeps_its_colours(pictures):
    np.testing.assert_array_equal(pictures.read_enhanced(pictures.rows[0], "image_1"), RED)
    assert pictures.read_enhanced(pictures.rows[0], "image_2").ndim == 2
    assert pictures.read_mask(pictures.rows[0], "image_1").ndim == 2


def test_axes_show_the_colours(pictures):
    left, right = Figure().subplots(1, 2)
    show_image(left, RED, [0.25, 0.25, 0.5, 0.5])
    show_zoomed_region(right, RED, [0.25, 0.25, 0.5, 0.5])
    for axes, side in ((left, 48), (right, 24)):
        shown = axes.images[0].get_array()
        assert shown.shape == (side, side, 3)
        assert (shown == [200, 10, 20]).all()


def test_the_page_holds_colours():
    uri = encode_photograph(RED, 24, 90)
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))).convert("RGB"), np.int64)
    assert found.shape == (24, 24, 3)
    assert np.abs(found - [200, 10, 20]).max() < 12
