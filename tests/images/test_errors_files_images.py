"""The frame's small parts: faults, atomic files, images."""

import numpy as np
import pytest
from PIL import Image

from sspbench.errors import Faults, UserError
from sspbench.files import fingerprint, replace_atomically, sha256, write_json
from sspbench.images.pictures import read_grey, read_pixels, to_grey8, write_grey


def test_a_fault_says_what_where_why_and_how_to_mend():
    text = str(UserError("It broke", where="here", why="because", hint="do this"))
    assert [part in text for part in ("It broke", "where: here", "why: because", "hint: do this")] == [True] * 4


def test_all_faults_are_told_at_once():
    with pytest.raises(UserError, match=r"(?s)Two faults \(2\).*first.*second"), Faults("Two faults") as faults:
        faults.add("first")
        faults.add("second")


def test_no_fault_no_error():
    with Faults("Nothing"):
        pass


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(RuntimeError), replace_atomically(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert "old" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert not list(tmp_path.iterdir())


def test_fingerprint_ignores_key_order():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 2, "b": 1})


def test_grey_png_round_trip(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (13, 17), dtype=np.uint8)
    write_grey(tmp_path / "a.png", pixels)
    assert (read_grey(tmp_path / "a.png") == pixels).all()
    first = sha256(tmp_path / "a.png")
    write_grey(tmp_path / "a.png", pixels)
    assert sha256(tmp_path / "a.png") == first


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "jpg"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_common_formats_are_read(tmp_path, suffix, mode):
    grey = np.full((16, 20), 93, np.uint8)
    Image.fromarray(grey).convert(mode).save(tmp_path / f"a.{suffix}")
    assert np.abs(read_grey(tmp_path / f"a.{suffix}").astype(int) - 93).max() <= 1


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_is_scaled_by_257(tmp_path, suffix):
    values = (np.arange(256, dtype=np.uint16) * 257).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    assert read_pixels(tmp_path / f"a.{suffix}").dtype == np.uint16
    assert (read_grey(tmp_path / f"a.{suffix}").ravel() == np.arange(256)).all()


def test_equal_channels_stay_exact_and_colours_follow_itu_601():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert (to_grey8(np.stack([grey] * 3, -1)) == grey).all()
    assert to_grey8(np.array([[[255, 0, 0]]], np.uint8)) == round(0.299 * 255)


@pytest.mark.parametrize("content", [b"", b"not an image", b"\x89PNG\r\n\x1a\nbroken"])
def test_an_unreadable_image_is_named(tmp_path, content):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"(?s)cannot be read.*bad\.png"):
        read_grey(path)
