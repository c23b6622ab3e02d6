"""Padding to a multiple: numpy's symmetric padding, also where more is added than there is."""

import numpy as np
import pytest
import torch

from sspbench.training.padding import apply_padded, reflected_places


@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 31])
@pytest.mark.parametrize("multiple", [1, 2, 8, 32])
def test_places_are_numpys_symmetric_padding(length, multiple):
    expected = np.pad(np.arange(length), (0, -length % multiple), mode="symmetric")
    assert reflected_places(length, multiple).tolist() == expected.tolist()


def test_the_function_sees_multiples_and_the_result_is_cropped():
    seen = []
    image = torch.arange(15.0).view(1, 1, 3, 5)
    result = apply_padded(image, 4, lambda x: seen.append(tuple(x.shape)) or x + 1)
    assert seen == [(1, 1, 4, 8)]
    assert torch.equal(result, image + 1)
