"""Users and sign-in: who someone is to the program.

Not what they may do: that is a grant, in organizations.
"""
