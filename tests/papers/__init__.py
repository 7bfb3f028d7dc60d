"""Tests of papers and their forms."""
