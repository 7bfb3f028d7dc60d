"""People and their memberships apart; stays in cells, transfers, departures, posts.

Not for meetings they attend, nor for procedures that lead to a membership.
"""
