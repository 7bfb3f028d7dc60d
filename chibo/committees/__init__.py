"""The committee a unit has: its term, what was approved for it, its working regulation, whom its members look after.

Not for who holds which post: posts are of members. Not for how a committee is elected.
"""
