"""What every app stands on: periods, clock, history of actions, states, text, pages and their components.

Knows no subject. It is not a place for helpers that one app needs.
"""
