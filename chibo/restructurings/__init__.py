"""Restructurings: many acts on units with one day and one decision, as a workbook.

Rehearsed with a verdict a row, done whole by the worker, taken back whole; what an act does, organizations say.
"""
