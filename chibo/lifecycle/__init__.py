"""The member's life as cases: admission, recognition, transfers, exemption, leaving, removal, badges.

The steps are data of `procedures`; here is what each begins with, what follows from its end, and its papers.
"""
