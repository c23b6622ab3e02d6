"""Checks whether trainings are right: compares your runs with published seeds of the same methods."""
