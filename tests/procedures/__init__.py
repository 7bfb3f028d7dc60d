"""Procedures: how they are written, checked, and gone through."""
