"""Targets handed down: an indicator, a unit, a period, a comparator and a value.

Names indicators by code; what a figure is, indicators say.
"""
