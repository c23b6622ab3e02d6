"""Command of the metrics folder: ``fit-niqe``."""

from __future__ import annotations

import argparse
from pathlib import Path


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "fit-niqe",
        help="fit a NIQE model to good images of your domain",
        description="Fits a NIQE model to a folder of good images (about a hundred) and says how to use it: the table "
        "then has NIQE-HQ beside NIQE.",
    )
    parser.add_argument("images", type=Path, help="folder of good images, e.g. the high-quality training images")
    parser.add_argument("output", type=Path, help="the model to write (.npz)")
    parser.set_defaults(run=fit_niqe)


def fit_niqe(args: argparse.Namespace) -> int:
    """Fit and write a model."""
    from sspbench.errors import UserError
    from sspbench.images.pictures import list_images, read_stack

    from .niqe import fit_niqe_model

    paths = list_images(args.images)
    try:
        if not paths:
            raise ValueError("no images")
        model = fit_niqe_model(read_stack(paths))
    except ValueError as error:
        raise UserError(
            "No NIQE model can be fitted to these images",
            where=str(args.images),
            why=str(error),
            hint="give a folder of images of at least 96 x 96 pixels, about a hundred",
        ) from error
    output = args.output.with_suffix(".npz")
    model.save(output)
    print(f"{output}: fitted to {len(paths)} images; use it with --config 'metrics={{niqe: {{hq_model: {output}}}}}'")
    return 0
