"""Documents: number, issuer, day, title, and which document one implements.

Not for files of cases or persons.
"""
