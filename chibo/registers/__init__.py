"""The register of members, its quarterly reconciliation, and dues.

It keeps no second roll: it prints the one there is, and what each level confirmed.
"""
