"""Meetings of cells and committees, attendance, scores.

Not for the roll of members: who may attend is asked of members.
"""
