"""A picture is known again at another depth: as a copy in another split, and under another test image's name."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from sspbench.errors import UserError
from sspbench.files import read_json
from sspbench.images.inspection import digest_picture
from sspbench.images.manifest import Manifest
from sspbench.stages.import_external import import_external
from sspbench.stages.prepare import prepare
from tests.conftest import make_data

SHAPE = (64, 70)


def noise(key, top=255):
    return np.random.default_rng(key).integers(0, top + 1, SHAPE).astype(np.uint16)


TWELVE = noise(0, 4095)
COPIES = {
    "scaled to 8 bit": (TWELVE, np.rint(TWELVE * (255 / 4095)).astype(np.uint8)),
    "shifted to 8 bit": (TWELVE, (TWELVE >> 4).astype(np.uint8)),
    "8 bit times 16": (noise(1) * 16, noise(1).astype(np.uint8)),
    "8 bit scaled to 14": (np.rint(noise(1) * (16383 / 255)).astype(np.uint16), noise(1).astype(np.uint8)),
    "8 bit in a 16-bit file": (noise(1), noise(1).astype(np.uint8)),
    "signed 16 bit": (np.rint(noise(1) * (32767 / 255)).astype(np.uint16), noise(1).astype(np.uint8)),
    "12 bit shifted to 16": (TWELVE, TWELVE << 4),
    "dim 12 bit": (noise(2, 900), (noise(2, 900) >> 4).astype(np.uint8)),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("is_deep_first", [True, False])
def test_a_training_picture_that_is_tested_at_another_depth_is_found(tmp_path, kind, is_deep_first):
    first, second = COPIES[kind] if is_deep_first else COPIES[kind][::-1]
    pictures = {"trainA/one.tif": first, "trainB/two.tif": noise(5).astype(np.uint8), "testA/three.tif": second}
    for name, pixels in pictures.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True)
        tifffile.imwrite(tmp_path / "mine" / name, pixels)
    facts = {"dataset": "folder", "id": "mine", "real": True, "field_um": None, "seed": 0, "options": {}}
    with pytest.raises(UserError) as caught:
        prepare({**facts, "data_root": str(tmp_path / "mine")}, tmp_path / "out")
    assert "The same picture is in trainA and testA\n    where: trainA/one.tif, testA/three.tif" in str(caught.value)


@pytest.mark.parametrize("top", [3, 20, 255, 900, 4095, 65535])
def test_other_pictures_are_not_taken_for_the_same(top):
    one, other = noise(1, top), noise(2, top)
    assert not digest_picture(one) & digest_picture(other)
    if top <= 255:
        assert not digest_picture(one.astype(np.uint8)) & digest_picture(other)


def test_of_another_size_it_is_another_picture():
    flat = np.full((64, 70), 900, np.uint16)
    assert not digest_picture(flat) & digest_picture(flat.reshape(70, 64))


def test_an_external_picture_of_12_bit_under_another_name_is_reported(tmp_path):
    data = make_data(tmp_path / "data", {"testA": 3}, 72)
    stored = {path.stem: np.array(Image.open(path)).astype(np.uint16) * 16 for path in data.image_paths("testA")}
    (tmp_path / "theirs").mkdir()
    for name, given in {"000": "000", "001": "002", "002": "001"}.items():
        tifffile.imwrite(tmp_path / "theirs" / f"{name}.tif", stored[given])
    manifest = Manifest.read(data.folder / "manifest.json")
    import_external({"name": "theirs"}, tmp_path / "theirs", manifest, tmp_path / "run")
    notes = " ".join(read_json(tmp_path / "run/jobs/enhance.json")["notes"])
    assert "001 resembles 002, 002 resembles 001" in notes and "000 resembles" not in notes
