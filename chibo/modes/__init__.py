"""How a cell may meet otherwise than all in one place: online with an approval of the committee above, by Party group.

What a notice tells of it is in `agendas`, below; what was recorded of a meeting in `meetings`, above.
"""
