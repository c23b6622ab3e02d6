"""What the no-reference metrics share: normalised coefficients and the NIQE model."""
