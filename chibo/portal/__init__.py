"""The home page and pages that compose several apps: my desk, a unit, the evidence of a figure.

Owns no records.
"""
