"""Releases: published, rebuilt from their scores and compared, and checked before they are merged."""
