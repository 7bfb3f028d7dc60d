"""Scoring sheets as data: groups, criteria, options, bands; their versions; which holds where, and from when.

What the records answer is told to a sheet as measures; nothing here knows a meeting.
"""
