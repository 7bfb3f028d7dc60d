"""Guidance of cells."""
