"""Micrometres per pixel of every data set that reads files: option, files, declaration, in this order."""

import numpy as np
import pytest
import tifffile

from sspbench.errors import UserError
from sspbench.images.manifest import Manifest
from sspbench.plugins.discovery import get_plugin
from sspbench.plugins.parameter_schemas import default_values
from sspbench.stages.prepare import prepare

SIDE = 64
LAYOUTS = {
    "folder": ["trainA", "trainB", "testA"],
    "corn2": ["trainA", "trainB", "testA"],
    "qilu": ["images"],
}
ACCEPTED = {
    "folder": {},
    "corn2": {"sizes": None, "counts": None, "labelled_test": None},
    "qilu": {"images": None, "verify": False},
}


def save(path, pixels, um=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    scale = {} if um is None else {"resolution": (10_000 / um,) * 2, "resolutionunit": "CENTIMETER"}
    tifffile.imwrite(path, pixels, **scale)


def make_source(folder, dataset, um=None, width=SIDE):
    random = np.random.default_rng(0)
    for split in LAYOUTS[dataset]:
        for number in range(12):
            save(folder / split / f"{number}.tif", random.integers(0, 256, (SIDE, width), dtype=np.uint8), um)
    if dataset == "qilu":
        for number in range(12):
            mask = np.zeros((SIDE, width), np.uint8)
            mask[number + 5 : number + 8] = 255
            save(folder / "annotations" / f"{number}.tif", mask)
    return folder


def prepared(source, target, dataset, field_um=None, **options):
    found = get_plugin("data", dataset)
    options = {**default_values(found.own_parameters), **ACCEPTED[dataset], **options}
    facts = {"dataset": dataset, "id": dataset, "real": True, "seed": 0, "data_root": str(source)}
    field = found.meta["field_um"] if field_um is None else field_um
    return Manifest.read(prepare({**facts, "field_um": field, "options": options}, target))


def scales(manifest):
    return {entry.get("um_per_px") for entry in manifest.content["images"] if entry["split"] == "testA"}


@pytest.mark.parametrize("dataset", LAYOUTS)
def test_the_option_counts_before_the_files_and_these_before_the_declaration(tmp_path, dataset):
    bare = make_source(tmp_path / "bare", dataset)
    declared = make_source(tmp_path / "declared", dataset, um=2.5)
    plain = prepared(bare, tmp_path / "out", dataset)
    assert scales(plain) == {None}
    expected = "pixel size: unknown" if dataset == "folder" else "pixel size: 6.25 µm"
    assert plain.describe_scale().startswith(expected)
    assert prepared(declared, tmp_path / "declared-out", dataset).describe_scale() == "pixel size: 2.5 µm"
    for source in (bare, declared):
        given = prepared(source, tmp_path / "given", dataset, um_per_px=1.25)
        assert scales(given) == {1.25}


@pytest.mark.parametrize("dataset", LAYOUTS)
def test_a_width_that_is_given_counts_before_the_files_and_not_beside_the_pixel_size(tmp_path, dataset):
    source = make_source(tmp_path / "declared", dataset, um=2.5)
    assert prepared(source, tmp_path / "out", dataset, field_um=96).describe_scale() == "pixel size: 1.5 µm"
    with pytest.raises(UserError, match="The scale is given twice"):
        prepared(source, tmp_path / "twice", dataset, field_um=96, um_per_px=1)


@pytest.mark.parametrize("dataset", LAYOUTS)
def test_files_of_which_some_say_nothing_are_reported(tmp_path, dataset):
    source = make_source(tmp_path / "mine", dataset, um=2.5)
    for split in LAYOUTS[dataset]:
        save(source / split / "3.tif", np.random.default_rng(7).integers(0, 256, (SIDE, SIDE), dtype=np.uint8))
    manifest = (
        prepared(source, tmp_path / "out", dataset, duplicates="allow")
        if dataset != "qilu"
        else prepared(source, tmp_path / "out", dataset)
    )
    assert scales(manifest) == {None}
    assert any("with a pixel size that is ignored, because other files have none" in note for note in manifest.notes())


def test_one_width_for_images_of_several_widths_is_refused_and_their_scale_is_not(tmp_path):
    source = make_source(tmp_path / "mine", "folder")
    save(source / "testA/wide.tif", np.random.default_rng(7).integers(0, 256, (SIDE, 128), dtype=np.uint8))
    with pytest.raises(UserError, match=r"Images of several widths(.|\n)*64, 128 pixels(.|\n)*um_per_px"):
        prepared(source, tmp_path / "out", "folder", field_um=400)
    assert prepared(source, tmp_path / "out", "folder", um_per_px=2).describe_scale() == "pixel size: 2 µm"
    assert "unknown" in prepared(source, tmp_path / "out", "folder").describe_scale()


def test_the_white_of_qilu_can_be_given(tmp_path):
    source = make_source(tmp_path / "mine", "qilu")
    for path in (source / "images").iterdir():
        save(path, tifffile.imread(path).astype(np.uint16) * 4)
    guessed = prepared(source, tmp_path / "guessed", "qilu")
    assert guessed.content["white"][0]["white"] == 1023
    assert any("of 16 bit scaled so that 1023 is white" in note for note in guessed.notes())
    assert prepared(source, tmp_path / "given", "qilu", white=4095).content["white"][0]["white"] == 4095


@pytest.mark.parametrize(("dataset", "folder"), [("qilu", "annotations"), ("corn2", "trainB_labels")])
def test_labels_without_any_nerve_are_refused(tmp_path, dataset, folder):
    source = make_source(tmp_path / "mine", dataset)
    for number in range(12):
        save(source / folder / f"{number}.tif", np.zeros((SIDE, SIDE), np.uint8))
    with pytest.raises(UserError, match=rf"All labels of a folder are empty\n    where: {folder}"):
        prepared(source, tmp_path / "out", dataset)
