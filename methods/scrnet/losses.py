"""SCR-Net's three losses: the clear image, its high-frequency part, and the agreement of the two that are drawn."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from .frequency import high_frequency, mask_outside_view


def restoration_losses(detail: Tensor, image: Tensor, clear: Tensor, view: Tensor | None = None) -> dict[str, Tensor]:
    """Return the mean absolute differences by name.

    Args:
        detail: The high-frequency part that was drawn, (N, C, H, W) in [-1, 1].
        image: The image that was drawn, the same shape.
        clear: The clear image of the pair, the same shape.
        view: Field of view, (N, 1, H, W) of 0 and 1; nothing outside it counts. None: the whole image.

    Returns:
        ``image`` and ``detail``, each against the clear image's; ``agreement`` of the drawn image's own high-frequency
        part with the drawn one, which holds still: this term teaches the image alone.
    """
    detail, image, clear = (mask_outside_view(drawn.float(), view) for drawn in (detail, image, clear))
    return {
        "image": functional.l1_loss(image, clear),
        "detail": functional.l1_loss(detail, high_frequency(clear, view)),
        "agreement": functional.l1_loss(high_frequency(image, view), detail.detach()),
    }
