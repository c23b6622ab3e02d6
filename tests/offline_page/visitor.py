"""What a visitor of the offline page does with a picture, and what torch makes of it."""

import imagecodecs
import numpy as np

from sspbench.commands.enhance import enhance_pixels
from sspbench.commands.named_methods import limit_tile, load_run_settings
from sspbench.images.enhancement_rules import ENHANCEMENT_RULES
from sspbench.images.picture_files import read_image_file
from sspbench.stages.enhance import load_method

METHODS = ["sspnet", "cut", "enlightengan"]

IN_COLOUR = "zerodce"
"""The method of the page's last run, which is one on colour images."""


def noise(*shape, dtype=np.uint8):
    """Pixels of all values on a slope."""
    values = 0.7 * np.random.default_rng(5).random(shape) + 0.3 * np.linspace(0, 1, shape[1]).reshape(
        (1, -1) + (1,) * (len(shape) - 2)
    )
    return np.rint(values * np.iinfo(dtype).max).astype(dtype)


def png(pixels, path):
    path.write_bytes(imagecodecs.png_encode(pixels))
    return path


def problem(page):
    page.locator("#problem").wait_for(state="visible")
    return page.locator("#problem").inner_text()


def give(page, path):
    page.locator("#file").set_input_files(path)


def saved(page, folder):
    page.get_by_text("Done in").wait_for(timeout=120_000)
    with page.expect_download() as download:
        page.locator("#save").click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return read_image_file(target).pixels


def by_torch(run, pixels, white=None):
    settings = load_run_settings(run)
    method = load_method(settings, run / "weights.safetensors")
    return enhance_pixels(method, pixels, limit_tile(settings, ENHANCEMENT_RULES.tile), white)


def share_of_range(found, expected):
    assert found.shape == expected.shape and found.dtype == expected.dtype
    return np.abs(found.astype(float) - expected).max() / np.iinfo(expected.dtype).max
