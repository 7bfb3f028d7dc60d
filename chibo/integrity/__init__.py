"""Integrity: checks of the records, declared by the apps they are about, counted for every unit, opened to records.

It finds and says what mends; it changes no record. What can't be at all, the database refuses by itself.
"""
