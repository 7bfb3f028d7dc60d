"""What comes before a meeting: the day a cell meets on, its year's topics, agendas, the notice and whom it reaches.

What was said and decided at a meeting is not here: that is `meetings`, above.
"""
