"""GIF files, in which public data sets keep masks: read for every use as the same picture in PNG is, never written."""

import numpy as np
import pytest
from PIL import Image

from sspbench.commands.cli import main
from sspbench.config.input_files import digest_source
from sspbench.images.manifest import Manifest, write_manifest
from sspbench.images.pictures import read_grey
from sspbench.jobs.image_folders import verified_images
from sspbench.stages.import_external import import_external
from sspbench.stages.prepare import prepare

SHAPE = (64, 80)
LABEL = np.zeros(SHAPE, np.uint8)
LABEL[10:14, 5:60] = 1
LABEL[40:43, 20:50] = 2


def picture(key):
    return np.random.default_rng(key).integers(0, 256, SHAPE, dtype=np.uint8)


def save_palette(path, indices):
    """Class numbers as indices of a palette whose colours say nothing about them."""
    image = Image.frombytes("P", SHAPE[::-1], indices.tobytes())
    image.putpalette([200, 10, 10, 10, 10, 10, 10, 10, 200])
    image.save(path)


def make_source(folder, ending):
    for key, split in enumerate(("trainA", "trainB", "testA")):
        (folder / split).mkdir(parents=True)
        Image.fromarray(picture(key)).save(folder / split / f"one.{ending}")
    for split in ("trainB_labels", "testA_labels"):
        (folder / split).mkdir()
        save_palette(folder / split / f"one.{ending}", LABEL)
    return folder


@pytest.mark.parametrize("classes", [[1], [2], [1, 2]])
def test_a_data_set_in_gif_is_prepared_as_the_same_in_png_is(tmp_path, classes):
    facts = {"dataset": "folder", "id": "mine", "real": True, "field_um": None, "seed": 0}
    made = {}
    for ending in ("gif", "png"):
        source = make_source(tmp_path / ending, ending)
        settings = {**facts, "options": {"nerve_classes": classes}, "data_root": str(source)}
        made[ending] = Manifest.read(prepare(settings, tmp_path / "out" / ending))
    assert made["gif"].digest == made["png"].digest
    label = read_grey(tmp_path / "out/gif/trainB_labels/one.png")
    assert np.array_equal(label == 255, np.isin(LABEL, classes))
    assert np.array_equal(read_grey(tmp_path / "out/gif/testA/one.png"), picture(2))


def test_black_and_white_gif_labels_are_read_by_brightness(tmp_path):
    source = make_source(tmp_path / "mine", "gif")
    for split in ("trainB_labels", "testA_labels"):
        Image.fromarray(np.where(LABEL > 0, 255, 0).astype(np.uint8)).convert("1").save(source / split / "one.gif")
    facts = {"dataset": "folder", "id": "mine", "real": True, "field_um": None, "seed": 0, "options": {}}
    prepare({**facts, "data_root": str(source)}, tmp_path / "out")
    assert np.array_equal(read_grey(tmp_path / "out/testA_labels/one.png") == 255, LABEL > 0)


def test_a_changed_gif_is_prepared_again(tmp_path):
    source = make_source(tmp_path / "mine", "gif")
    before = digest_source(source)
    save_palette(source / "testA_labels/one.gif", LABEL[::-1].copy())
    assert digest_source(source) != before


def test_gif_pictures_are_taken_in_as_external_rows(tmp_path):
    theirs = make_source(tmp_path / "theirs", "gif") / "testA"
    Image.fromarray(picture(9)).save(tmp_path / "one.png")
    (tmp_path / "data/testA").mkdir(parents=True)
    (tmp_path / "one.png").rename(tmp_path / "data/testA/one.png")
    manifest = Manifest.read(write_manifest(tmp_path / "data", {}))
    import_external({"name": "theirs"}, theirs, manifest, tmp_path / "run")
    assert np.array_equal(read_grey(verified_images(tmp_path / "run/enhanced")[0]), picture(2))


def test_several_frames_are_refused_and_enhance_writes_no_gif(tmp_path, capsys):
    given = tmp_path / "given"
    given.mkdir()
    Image.fromarray(picture(0)).save(given / "one.gif")
    frames = [Image.fromarray(picture(key)) for key in (1, 2)]
    frames[0].save(given / "two.gif", save_all=True, append_images=frames[1:])
    assert main(["enhance", "--method", "identity", "--input", str(given), "--output", str(tmp_path / "out")]) == 1
    text = capsys.readouterr().err
    assert "GIF files are not enhanced" in text and "2 pages or frames" in text and "save it as PNG or TIFF" in text
