"""Stages on pictures in colour: enhanced in three planes, black outside the field of view, fitted, and taken in."""

from dataclasses import replace

import numpy as np
import pytest

from sspbench.config.plan import settings_without_plan
from sspbench.errors import UserError
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import read_picture, write_grey, write_picture
from sspbench.plugins.discovery import get_plugin
from sspbench.stages.enhance import LazyImages, enhance, enhance_image
from sspbench.stages.import_external import import_external
from sspbench.stages.prepare import check_manifest

SIDE = 64
INSIDE = np.hypot(*np.mgrid[-32:32, -32:32]) < 24


def colours(seed):
    return np.random.default_rng(seed).integers(1, 256, (SIDE, SIDE, 3), dtype=np.uint8)


def in_colour(name):
    return replace(settings_without_plan(get_plugin("methods", name), "smoke"), color="rgb")


@pytest.fixture
def manifest(tmp_path):
    """A prepared data set of two test pictures in colour with their fields of view, and the clean ones."""
    for number in range(2):
        write_picture(tmp_path / f"data/testA/{number}.png", colours(number) * INSIDE[..., None])
        write_picture(tmp_path / f"data/testA_clean/{number}.png", colours(10 + number))
        write_grey(tmp_path / f"data/testA_fov/{number}.png", INSIDE * np.uint8(255))
    types = {"testA/1.png": "blur"}
    facts = {"dataset": "made", "field_um": 400.0}
    return Manifest.read(write_manifest(tmp_path / "data", facts, {"degradation": types}))


def test_the_manifest_knows_fields_of_view_and_types(manifest):
    assert manifest.content["counts"]["testA_fov"] == 2
    assert manifest.degradation_by_stem() == {"1": "blur"}
    share = f"{INSIDE.mean():.3f}"
    assert manifest.describe_field_of_view() == f"{share} of the frame ({share} to {share}), black outside"


def test_the_manifest_of_a_data_set_without_fields_of_view_counts_none(tmp_path):
    write_grey(tmp_path / "testA/a.png", np.zeros((8, 8), np.uint8))
    manifest = Manifest.read(write_manifest(tmp_path, {}))
    assert [name for name in manifest.content["counts"] if name.endswith("_fov")] == []
    assert manifest.describe_field_of_view() == ""


class Inverter:
    """A method that gives what the input lacks to white: bright outside, where nothing may be."""

    def enhance(self, images):
        assert images.shape == (1, 3, SIDE, SIDE)
        return 1 - images


def test_a_method_gets_three_planes_and_gives_them_back():
    np.testing.assert_array_equal(enhance_image(Inverter(), colours(3), "inverter"), 255 - colours(3))


@pytest.mark.parametrize("name", ["identity", "oracle"])
def test_enhanced_pictures_are_in_colour_and_black_outside(manifest, tmp_path, name):
    enhance(in_colour(name), manifest, tmp_path / "run", None)
    written = [read_picture(tmp_path / f"run/enhanced/{number}.png", "rgb") for number in range(2)]
    wanted = [colours(number if name == "identity" else 10 + number) * INSIDE[..., None] for number in range(2)]
    np.testing.assert_array_equal(written, wanted)


def test_training_images_in_colour_are_read_one_by_one(manifest):
    images = LazyImages(manifest.image_paths("testA_clean"), "rgb")
    assert images[1].dtype == np.float32
    np.testing.assert_allclose(images[0:2][1], colours(11) / 255, atol=1e-6)


def take_in(manifest, tmp_path, pictures):
    for number, picture in enumerate(pictures):
        write_picture(tmp_path / f"theirs/{number}.png", picture)
    settings = {"name": "theirs", "color": "rgb"}
    import_external(settings, tmp_path / "theirs", manifest, tmp_path / "run")


def test_pictures_enhanced_elsewhere_are_black_outside(manifest, tmp_path):
    take_in(manifest, tmp_path, [colours(20), colours(21)])
    written = read_picture(tmp_path / "run/enhanced/1.png", "rgb")
    np.testing.assert_array_equal(written, colours(21) * INSIDE[..., None])


def test_grey_pictures_enhanced_elsewhere_are_refused_among_colour(manifest, tmp_path):
    with pytest.raises(UserError, match="An image is grey") as caught:
        take_in(manifest, tmp_path, [colours(20), colours(21)[..., 0]])
    assert "1.png" in str(caught.value)


def test_an_empty_field_of_view_is_refused(tmp_path):
    write_picture(tmp_path / "testA/a.png", colours(1))
    write_grey(tmp_path / "testA_fov/a.png", np.zeros((SIDE, SIDE), np.uint8))
    manifest = Manifest.read(write_manifest(tmp_path, {}))
    with pytest.raises(UserError, match="A field of view is empty") as caught:
        check_manifest(manifest, get_plugin("data", "fundussim"))
    assert "testA_fov/a.png" in str(caught.value)


def test_pictures_of_another_mode_than_the_data_set_are_refused(tmp_path):
    write_picture(tmp_path / "testA/a.png", colours(1))
    write_picture(tmp_path / "trainA/b.png", colours(1)[..., 0])
    manifest = Manifest.read(write_manifest(tmp_path, {}))
    for name, wrong in (("fundussim", "trainA/b.png"), ("cornsim", "testA/a.png")):
        with pytest.raises(UserError, match="A picture of a data set of mode") as caught:
            check_manifest(manifest, get_plugin("data", name))
        assert str(caught.value).count("A picture of a data set of mode") == 1
        assert wrong in str(caught.value)
