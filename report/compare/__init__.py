"""Compares two results: how their numbers differ, what was changed, and what only one of them has."""
