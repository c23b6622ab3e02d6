"""``enhance`` with a run on colour images: red, green and blue go to the method, alpha and depth stay."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sspbench.commands.cli import main
from sspbench.commands.enhance import FIELD_NOTE, blacken_outside_round_field, enhance_files, enhance_pixels
from sspbench.config.plan import settings_without_plan
from sspbench.contract import Method
from sspbench.errors import UserError
from sspbench.images.pictures import read_rgb, write_grey, write_rgb
from sspbench.plugins.discovery import get_plugin
from sspbench.stages.enhance import enhance_image, load_method


class RedAway(Method):
    """Takes the red out; another order of the channels would show."""

    channels = 3

    def enhance(self, images):
        return images * np.float32([0, 1, 0.5]).reshape(1, 3, 1, 1)


def noise(shape, dtype=np.uint8):
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("tile", [0, 16])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [3, 4])
def test_channels_go_to_the_method_and_alpha_is_kept(channels, dtype, tile):
    pixels = noise((40, 30, channels), dtype)
    result = enhance_pixels(RedAway({}), pixels, tile)
    assert (result.shape, result.dtype) == (pixels.shape, dtype)
    assert result[..., 0].max() == 0
    top_error = 1 if dtype == np.uint16 else 0  # float32 holds 24 bits
    assert np.abs(result[..., 1].astype(int) - pixels[..., 1]).max() <= top_error
    assert np.abs(result[..., 2] - pixels[..., 2] / 2).max() <= 0.5 + top_error
    assert np.array_equal(result[..., 3:], pixels[..., 3:])


@pytest.mark.parametrize("shape", [(20, 20), (20, 20, 2)])
def test_a_grey_picture_is_refused(shape):
    with pytest.raises(UserError, match="The picture is grey"):
        enhance_pixels(RedAway({}), noise(shape))


def test_a_run_on_colour_images_enhances_own_photographs(tmp_path, capsys):
    settings = replace(settings_without_plan(get_plugin("methods", "brightness"), "smoke"), color="rgb")
    run = tmp_path / "run"
    (run / "jobs").mkdir(parents=True)
    fitted = {"high_mean": 0.4}
    record = {"stage": "enhance", "settings": settings.as_json(), "fitted": fitted}
    (run / "jobs" / "enhance.json").write_text(json.dumps(record))
    photograph = noise((24, 32, 3))
    write_rgb(tmp_path / "in" / "a.png", photograph)
    write_grey(tmp_path / "in" / "b.png", photograph[..., 0])
    arguments = ["enhance", "--weights", str(run), "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert main(arguments) == 1  # one of two failed
    assert "b.png: The picture is grey" in capsys.readouterr().err
    expected = enhance_image(load_method(settings, None, fitted), photograph, "brightness")
    assert np.array_equal(read_rgb(tmp_path / "out" / "a.png"), expected)


class Fog(Method):
    """Lifts everything, the black around the field of view too."""

    channels = 3

    def enhance(self, images):
        return 0.5 + images / 2


def fundus_photograph():
    y, x = np.ogrid[:80, :100]
    field = np.hypot(y - 39.5, x - 49.5) <= 36
    return np.where(field[..., None], np.uint8([180, 90, 50]), np.uint8(3)), field


def test_outside_a_round_field_of_view_the_result_is_black(tmp_path):
    picture, field = fundus_photograph()
    write_rgb(tmp_path / "fundus.png", picture)
    write_rgb(tmp_path / "tissue.png", np.full_like(picture, 3) + noise(picture.shape) // 2)
    files = [(tmp_path / name, name) for name in ("fundus.png", "tissue.png")]
    outcome = enhance_files(Fog({}), files, tmp_path / "out", force=False, tile=0)
    assert outcome.notes == [("fundus.png", FIELD_NOTE)]
    result = read_rgb(tmp_path / "out" / "fundus.png")
    assert np.abs(result[field].astype(int) - [218, 173, 153]).max() <= 1  # half of the way to white
    assert (result[~field] == 0).mean() > 0.99  # the opening of the rule rounds the outline
    assert read_rgb(tmp_path / "out" / "tissue.png").min() >= 127


@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, None), (np.uint16, None), (np.uint16, 4095)])
def test_alpha_and_depth_stay_outside_the_field(dtype, white):
    picture, field = fundus_photograph()
    scale = (white or np.iinfo(dtype).max) / 255
    given = np.dstack([picture * scale, np.full(field.shape, 77)]).astype(dtype)
    result = np.full_like(given, 200)
    assert blacken_outside_round_field(result, given, white)
    assert (result[..., 3] == 200).all()
    assert (result[0, 0, :3] == 0).all() and (result[40, 50] == 200).all()


def test_a_run_on_grey_images_leaves_colour_photographs_as_they_are(tmp_path):
    picture, _ = fundus_photograph()
    write_rgb(tmp_path / "fundus.png", picture)

    class GreyFog(Fog):
        channels = 1

    outcome = enhance_files(
        GreyFog({}), [(tmp_path / "fundus.png", "fundus.png")], tmp_path / "out", force=False, tile=0
    )
    assert not outcome.notes
    assert read_rgb(tmp_path / "out" / "fundus.png").min() > 100
