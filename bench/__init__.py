"""Benchmarks: one file a measure, printed beside the bare SQL of the same question; `make bench` runs them all."""
