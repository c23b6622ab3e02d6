"""Plugins: found by their YAML, with their kinds, parameters and groups of rows."""
