"""The API: what other programs read and write with a token of someone's, by the same rights and actions as pages.

It owns tokens and nothing else. It is no second way in: no rule stands here that a page or an action does not have.
"""
