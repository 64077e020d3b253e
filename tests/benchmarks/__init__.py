"""Benchmarks: scripts that print ratios of two things timed alternately; never timed tests."""
