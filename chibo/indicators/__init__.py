"""The indicator engine: facts declared by apps, summed up the tree and over time, kept per unit and month.

Knows the tree and no other subject; each app declares its own indicators.
"""
