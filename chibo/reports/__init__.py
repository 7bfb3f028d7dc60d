"""Reports: figures, comparison and targets of a unit and period as one page or file.

Owns no figures: it asks indicators for them.
"""
