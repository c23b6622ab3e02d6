"""The values of labels as files hold them, and what is said of whole sets of labels."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import Faults, UserError
from sspbench.images.decode import decode_image
from sspbench.images.labels import add_unusable_sets, count_classes, describe_label, label_values, read_label

LABEL = np.array([[0, 3, 0], [3, 3, 300]], np.uint16)


def values_of(path):
    return label_values(decode_image(path), path).tolist()


def test_alpha_does_not_count_and_leaves_the_depth(tmp_path):
    path = tmp_path / "a.tif"
    alpha = np.full(LABEL.shape, 65535, np.uint16)
    tifffile.imwrite(path, np.dstack([LABEL, alpha]), photometric="minisblack", extrasamples=["unassalpha"])
    assert decode_image(path).channels == "LA"
    assert values_of(path) == LABEL.tolist()
    assert read_label(path, [300]).tolist() == [[0, 0, 0], [0, 0, 255]]


def test_colours_count_as_their_grey_and_equal_channels_as_their_value(tmp_path):
    path, colours = tmp_path / "a.png", np.zeros((2, 3, 3), np.uint8)
    colours[0, 1], colours[1, 2] = (255, 0, 0), (0, 0, 255)
    Image.fromarray(colours).save(path)
    assert values_of(path) == [[0, 76, 0], [0, 0, 29]]  # 0.299 x 255, 0.114 x 255
    assert read_label(path, [29]).tolist() == [[0, 0, 0], [0, 0, 255]]
    tifffile.imwrite(tmp_path / "b.tif", np.dstack([LABEL] * 3), photometric="rgb")
    assert values_of(tmp_path / "b.tif") == LABEL.tolist()


def test_inverted_labels_are_turned_to_white_is_nerve(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.array([[255, 0, 255], [0, 0, 254]], np.uint8), photometric="miniswhite")
    assert values_of(path) == [[0, 255, 0], [255, 255, 1]]
    assert read_label(path).tolist() == [[0, 255, 0], [255, 255, 0]]


@pytest.mark.parametrize(
    ("values", "refusal"),
    [(np.array([[0.0, 1.0]], np.float32), "floating-point"), (np.array([[-1, 1]], np.int16), "negative values")],
)
@pytest.mark.parametrize("classes", [None, [1]])
def test_labels_of_values_that_are_no_classes_are_refused(tmp_path, values, refusal, classes):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, values)
    with pytest.raises(UserError, match=refusal):
        read_label(path, classes)


def test_labels_are_turned_as_their_metadata_says(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    label = Image.frombytes("P", (3, 2), bytes([0, 1, 2, 3, 4, 5]))
    label.putpalette(bytes(range(18)))
    label.save(tmp_path / "a.png", exif=exif)
    assert values_of(tmp_path / "a.png") == [[3, 0], [4, 1], [5, 2]]
    assert read_label(tmp_path / "a.png", [3, 2]).tolist() == [[255, 0], [0, 0], [0, 255]]


def describe(tmp_path, rows):
    path = tmp_path / "label.png"
    Image.fromarray(np.array(rows, np.uint8)).save(path)
    return describe_label(decode_image(path), path)


def test_three_indices_of_a_palette_are_classes_though_none_is_small_or_flat(tmp_path):
    indices = np.array([[40, 90, 140, 40], [90, 200, 90, 140]], np.uint8)
    grey = describe(tmp_path, indices)
    picture = Image.fromarray(indices, "P")
    picture.putpalette(bytes(range(256)) * 3)
    picture.save(tmp_path / "palette.png")
    palette = describe_label(decode_image(tmp_path / "palette.png"), tmp_path / "palette.png")
    assert (grey.has_classes, palette.has_classes) == (False, True)
    assert grey.values == palette.values == (40, 90, 140, 200)


def found_faults(folders, classes=None):
    faults = Faults("")
    add_unusable_sets(folders, classes, faults, "the hint")
    assert all(fault.hint == "the hint" for fault in faults.items)
    return [(fault.what, fault.where, fault.why) for fault in faults.items]


def test_pixels_are_counted_by_value_over_labels(tmp_path):
    one, two = describe(tmp_path, [[0, 0, 2], [2, 2, 1]]), describe(tmp_path, [[7, 0, 0], [0, 0, 0]])
    assert (one.values, one.pixels) == ((0, 1, 2), (2, 1, 3))
    assert count_classes([two, one]) == {0: 7, 1: 1, 2: 3, 7: 1}
    assert list(count_classes([two, one])) == [0, 1, 2, 7]


def test_classes_that_no_label_has_and_sets_of_none_or_nothing_else_are_named_with_counts(tmp_path):
    nerve, empty = describe(tmp_path, [[0, 0, 2], [2, 2, 0]]), describe(tmp_path, [[0, 0, 0]])
    full = describe(tmp_path, [[2, 2]])
    sets = {"trainA_labels": [empty], "trainB_labels": [full, full], "testA_labels": [nerve, empty]}
    assert found_faults(sets, [2, 5]) == [
        ("No label has the class 5", "", "pixels by value: 9 of 0, 7 of 2"),
        ("All labels of a folder are empty", "trainA_labels", "pixels by value in its 1 labels: 3 of 0"),
        (
            "The labels of a folder are foreground everywhere",
            "trainB_labels",
            "pixels by value in its 2 labels: 4 of 2",
        ),
    ]
    assert found_faults({"trainB_labels": [nerve, empty], "testA_labels": []}, [2]) == []
    assert found_faults({}, [2]) == []


def test_without_classes_only_labels_that_a_segmenter_learns_from_must_hold_nerve(tmp_path):
    empty, nerve = describe(tmp_path, [[0, 0, 0]]), describe(tmp_path, [[0, 255, 0]])
    sets = {"trainA_labels": [empty], "trainB_labels": [empty, empty], "testA_labels": [empty]}
    expected = ("All labels of a folder are empty", "trainB_labels", "pixels by value in its 2 labels: 6 of 0")
    assert found_faults(sets) == [expected]
    assert found_faults({**sets, "trainB_labels": [empty, nerve]}) == []
