"""Classifications beside the tree: schemes, their values, and which unit had which from when to when.

Where a unit stands, the tree says; what it is, its kind. What changes without an act on the tree is a classification.
"""
