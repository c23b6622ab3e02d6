"""Nerves as lines: skeletons, branches and the length of paths."""
