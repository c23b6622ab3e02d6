"""Batches of pictures in colour: three planes, cut and turned together, and labels of one plane beside them."""

import numpy as np

from sspbench.images.pictures import write_picture
from sspbench.training.loop.batches import BatchPlan, Domain, DomainBatches, UnpairedBatches, load_domain_images

PLAN = BatchPlan(size=3, crop=8, flips=("horizontal", "vertical"))


def pictures(count, seed):
    """Pictures whose second plane is the first one plus 1, and the third the first one plus 2."""
    levels = np.random.default_rng(seed).integers(0, 250, (count, 12, 10), dtype=np.uint8)
    return [np.stack([one, one + 1, one + 2], axis=-1) for one in levels]


def test_the_planes_of_a_crop_are_of_one_place():
    batches = UnpairedBatches(PLAN, 0, Domain(PLAN, pictures(4, 1)), Domain(PLAN, pictures(5, 2)))
    for images in batches.batch(3):
        assert images.shape == (3, 3, 8, 8)
        assert images.is_contiguous()
        assert bool((images[:, 1] == images[:, 0] + 1).all())
        assert bool((images[:, 2] == images[:, 0] + 2).all())


def test_labels_of_one_plane_follow_their_pictures():
    images = pictures(4, 3)
    labels = [np.where(image[..., 0] > 120, np.uint8(255), np.uint8(0)) for image in images]
    shown, marked = DomainBatches(PLAN, 0, Domain(PLAN, images, labels)).batch(1)
    assert (shown.shape, marked.shape) == ((3, 3, 8, 8), (3, 1, 8, 8))
    assert bool(((shown[:, :1] > 120) == (marked == 255)).all())


def test_grey_and_colour_are_cut_at_the_same_places():
    images = pictures(4, 4)
    grey = DomainBatches(PLAN, 0, Domain(PLAN, [image[..., 0] for image in images])).batch(2)[0]
    colour = DomainBatches(PLAN, 0, Domain(PLAN, images)).batch(2)[0]
    assert bool((grey == colour[:, :1]).all())


def test_images_are_resized_in_colour(tmp_path):
    for number, picture in enumerate(pictures(2, 5)):
        write_picture(tmp_path / f"{number}.png", picture)
    paths = sorted(tmp_path.iterdir())
    loaded = load_domain_images(paths, BatchPlan(size=1, resize=16), "high-quality", "rgb")
    assert [image.shape for image in loaded] == [(16, 16, 3)] * 2
