"""Benchmarks of speed, and studies of how sensitive the checks are."""
