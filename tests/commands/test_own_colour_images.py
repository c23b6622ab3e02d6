"""Own pictures and methods trained in colour: all channels are enhanced, in tiles too; grey pictures are refused."""

import numpy as np
import pytest

from sspbench.commands.enhance import enhance_pixels
from sspbench.contract import Method
from sspbench.errors import UserError
from sspbench.images.tiling import apply_in_tiles


class ChannelShift(Method):
    """Halves red, leaves green and inverts blue: no rule of luminance does that."""

    channels = 3

    def enhance(self, images):
        assert images.shape[1] == 3
        return np.stack([images[:, 0] / 2, images[:, 1], 1 - images[:, 2]], axis=1)


def colours(*shape):
    return np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)


def expected(pixels):
    half, same, inverse = pixels[..., 0] / 2, pixels[..., 1], 255 - pixels[..., 2]
    return np.rint(np.stack([half, same, inverse], axis=-1))


@pytest.mark.parametrize("tile", [0, 64])
def test_every_channel_is_enhanced(tile):
    pixels = colours(150, 90)
    assert np.abs(enhance_pixels(ChannelShift({}), pixels, tile).astype(int) - expected(pixels)).max() <= 1


def test_alpha_is_kept():
    pixels = np.concatenate([colours(8, 9), np.full((8, 9, 1), 77, np.uint8)], axis=2)
    found = enhance_pixels(ChannelShift({}), pixels)
    assert (found[..., 3] == 77).all()
    assert np.abs(found[..., :3].astype(int) - expected(pixels)).max() <= 1


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 2)])
def test_a_grey_picture_is_refused(shape):
    with pytest.raises(UserError, match="The picture is grey") as caught:
        enhance_pixels(ChannelShift({}), np.zeros(shape, np.uint8))
    assert "trained on colour images" in str(caught.value)


def test_tiles_of_colour_join_without_a_seam():
    image = np.random.default_rng(1).random((3, 130, 70)).astype(np.float32)
    np.testing.assert_allclose(apply_in_tiles(lambda part: part, image, 64), image, atol=1e-6)
