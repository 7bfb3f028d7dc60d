"""Procedures as data: steps, who acts, papers, votes, time limits, outcomes; and the cases that go through them.

What a case is about and what follows from its end, the app says that declares it; nothing here knows a member.
"""
