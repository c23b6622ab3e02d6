"""Rival definitions: which pictures they get, how many at once and how large, and what is said without a value."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from sspbench.contract import MetricFamily
from sspbench.errors import UserError
from sspbench.images.pictures import write_grey
from sspbench.stages.definitions import collect_definitions, enlarge_images, score_definitions, write_definitions


def write_pictures(folder, shapes):
    """Write a picture for each shape, the first of level 1, the next of level 2; return their paths."""
    paths = [folder / f"{number}.png" for number in range(1, len(shapes) + 1)]
    for number, (path, shape) in enumerate(zip(paths, shapes, strict=True), 1):
        write_grey(path, np.full(shape, number, np.uint8))
    return paths


def test_four_pictures_of_one_size_are_given_together(tmp_path):
    given = []

    def look(images):
        given.append(images[:, 0, 0].tolist())
        return images.mean(axis=(1, 2))

    paths = write_pictures(tmp_path, [(9, 6), (6, 9), *[(9, 6)] * 5])
    lines = list(score_definitions(paths, {"mean": look}, scales={"one": 1.0}))
    assert given == [[1, 3, 4, 5], [2], [6, 7]]
    assert lines == [(str(number), "mean", "one", float(number), "") for number in (1, 3, 4, 5, 2, 6, 7)]


def test_sides_are_enlarged_to_the_nearest_pixel_and_a_factor_of_one_changes_nothing():
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 7), dtype=np.uint8)
    assert enlarge_images(images, 4 / 3).shape == (2, 7, 9)
    assert enlarge_images(images, 1.0) is images


def test_of_a_picture_with_a_field_of_view_a_square_within_it_is_taken(tmp_path):
    height, width = np.mgrid[:80, :100]
    field = np.hypot(height - 40, width - 60) <= 36
    for name in ("disc", "whole"):
        write_grey(tmp_path / f"{name}.png", np.where(field, np.uint8(200), np.uint8(3)))
    write_grey(tmp_path / "fov.png", np.where(field, np.uint8(1), np.uint8(0)))
    paths = [tmp_path / "disc.png", tmp_path / "whole.png"]
    looks = {
        "darkest": lambda images: images.min(axis=(1, 2)),
        "is square": lambda images: np.full(len(images), images.shape[1] == images.shape[2]),
        "pixels": lambda images: np.full(len(images), images[0].size),
    }
    lines = score_definitions(paths, looks, {"one": 1.0}, {"disc": tmp_path / "fov.png", "whole": None})
    found = {(image, name): value for image, name, _, value, _ in lines}
    assert [found["disc", name] for name in ("darkest", "is square")] == [200, 1]
    # The square in a whole disc of radius 36 has sides of 51; a border of 3 % of the radius is left out.
    assert 48**2 <= found["disc", "pixels"] < 50**2
    assert [found["whole", name] for name in ("darkest", "is square", "pixels")] == [3, 0, 8000]


def test_the_bytes_of_the_file(tmp_path):
    lines = [("ü", "a, b", "native", 0.1, ""), ("2", "c", "native", float("nan"), "flat")]
    write_definitions(tmp_path / "found.csv", lines)
    wanted = 'image,definition,scale,value,note\nü,"a, b",native,0.1,\n2,c,native,nan,flat\n'
    assert (tmp_path / "found.csv").read_bytes() == wanted.encode()


@pytest.mark.parametrize(
    "error", [UserError("too flat"), ValueError("too flat\nby far"), np.linalg.LinAlgError("too flat")]
)
def test_where_a_definition_has_no_value_the_first_line_says_why(tmp_path, error):
    def fail(images):
        raise error

    paths = write_pictures(tmp_path, [(8, 8)] * 2)
    write_definitions(tmp_path / "found.csv", score_definitions(paths, {"flat": fail}, {"one": 1.0}))
    with (tmp_path / "found.csv").open(newline="") as stream:
        header, *lines = csv.reader(stream)
    assert header == ["image", "definition", "scale", "value", "note"]
    assert lines == [[name, "flat", "one", "nan", "too flat"] for name in ("1", "2")]


def test_a_picture_that_a_definition_rejects_leaves_the_others_their_values(tmp_path):
    def fail_on_the_second(images):
        if (images == 2).any():
            raise ValueError("it is the second")
        return images.mean(axis=(1, 2))

    paths = write_pictures(tmp_path, [(8, 8)] * 3)
    lines = list(score_definitions(paths, {"mean": fail_on_the_second}, {"one": 1.0}))
    assert [(image, value, note) for image, _, _, value, note in lines if image != "2"] == [("1", 1, ""), ("3", 3, "")]
    assert np.isnan(lines[1][3]) and lines[1][4] == "it is the second"


def test_other_errors_of_a_definition_are_not_hidden(tmp_path):
    def fail(images):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(score_definitions(write_pictures(tmp_path, [(8, 8)]), {"broken": fail}))


class Named(MetricFamily):
    """A family with one definition, and one that takes a constant."""

    def __init__(self, name):
        super().__init__()
        self.definitions = {name: np.mean}
        self.name = name

    def fitted_definitions(self, constants):
        return {f"{self.name} {constants['level']}": np.mean}


@pytest.mark.parametrize(
    ("constants", "fitted"),
    [(None, []), ({}, []), ({"two": {"level": 7}}, ["second 7"]), ({"one": {}, "two": {"level": 8}}, ["second 8"])],
)
def test_fitted_definitions_are_those_of_families_with_constants(constants, fitted):
    found = collect_definitions({"one": Named("first"), "two": Named("second")}, constants)
    assert list(found) == ["first", "second", *fitted]
