"""The simulated images of the smallest preset, pixel by pixel: moving them moves every published number."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sspbench.config.plan import Plan, read_config
from sspbench.stages.prepare import prepare

RECORDED = {
    "testA": "4dd474607a2565f6ea00e8e5039d388bbd739d7d89f28586dd95e727f517e7da",
    "testA_clean": "c6299c488392c69e31aa6ae437770fe44153f748460f1389d8781d0c27494f4d",
    "testA_hq": "73abc49175665c52ffbd7537d7e73b7bd31845039269cd095af97845d90a1d52",
    "testA_labels": "9a32914e7e0dc38d692f2d842b8c7a57bdefbcd0c1592340f29cb33868b5cff3",
    "trainA": "239bf57260892be56089b52fe8609907a2b0b8f624dbc023bd1a5030ea2661eb",
    "trainA_labels": "d3abd6610b39cb7515914d6a479f289bebe64e54fecdf8d3fbbf6cecde2e6785",
    "trainB": "56589b406e47dea5712b616ee29510a69545af69d61c6a0c202fa585c854a86a",
    "trainB_labels": "a8f9387230f773217da4105bfa916d6c617a6821e8699e5b8c6b97766182c2de",
}
"""SHA-256 over names and pixels of each folder, recorded with version 0.2.0 on Linux x86-64."""


def digest_folder(folder):
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.png")):
        pixels = np.array(Image.open(path))
        digest.update(f"{path.name} {pixels.shape} {pixels.dtype} ".encode() + pixels.tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "images"
    prepare(Plan(read_config(Path("config/smoke.yaml"))).prepare_settings(), folder)
    return folder


def test_every_folder_is_recorded(prepared):
    assert {path.name for path in prepared.iterdir() if path.is_dir()} == set(RECORDED)


@pytest.mark.parametrize("split", RECORDED)
def test_the_simulated_images_are_those_of_every_earlier_version(prepared, split):
    assert digest_folder(prepared / split) == RECORDED[split]
