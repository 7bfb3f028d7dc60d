"""Planning of admissions: the source list, helpers, the awareness class, targets, screening.

The case by which somebody becomes a member is in `lifecycle`.
"""
