"""A training with the published log has the published weights: its images must score alike."""

import numpy as np
import pytest

from report.compare.recorded_results import read_results_folder
from report.verify.verdicts import judge_rows
from tests.recorded_results import write_run

IMAGES = 6


def write(root, seeds=(0, 1, 2), psnr=0.0, ssim=1.0, drift=0.0):
    """Write a row that trains, and the untouched image; shifts and factors change seed 0 alone."""
    for seed in seeds:
        random = np.random.default_rng(seed)
        images = 20 + 0.3 * random.normal() + np.arange(IMAGES) / 10
        own = float(seed == 0)
        losses = {"cycle": np.exp(-np.arange(30) / 20 + 0.05 * random.normal(size=30)) * (1 + drift * own)}
        scores = {"psnr": images + psnr * own, "ssim": images / 40 * (1 + (ssim - 1) * own)}
        write_run(root, "sspnet", seed, scores, losses, versions={"torch": "2.13.0"})
        write_run(root, "identity", seed, {"psnr": np.full(IMAGES, 17.0), "ssim": np.full(IMAGES, 0.4)})
    return read_results_folder(root)


def judge(tmp_path, **change):
    published = write(tmp_path / "published")
    found = judge_rows(write(tmp_path / "given", seeds=[0], **change), published)
    return next(one for one in found if one.row == "sspnet")


def test_the_same_images_are_consistent(tmp_path):
    assert judge(tmp_path).same_seed == ()


@pytest.mark.parametrize(("change", "measure"), [({"psnr": -0.2}, "psnr"), ({"ssim": 0.99}, "ssim")])
def test_other_images_under_an_equal_log_are_named(tmp_path, change, measure):
    """By 1 % in either measure, which is far less than what seeds differ by."""
    found = judge(tmp_path, **change)
    (fault,) = found.same_seed
    assert (found.verdict, fault.kind) == ("not consistent", "images")
    assert "equals the published one to its last line" in fault.text and f"{measure} is" in fault.text


def test_rounding_is_no_fault(tmp_path):
    assert judge(tmp_path, psnr=1e-4, drift=4e-6).same_seed == ()


def test_another_log_says_nothing_of_the_images(tmp_path):
    """Arithmetic lets a log drift by a thousandth, and then images may differ."""
    assert judge(tmp_path, psnr=-0.2, drift=5e-4).same_seed == ()
