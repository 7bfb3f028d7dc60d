"""The member's file: what is known of a person, field by field, each with its source and its history.

Sensitive groups open only with the right for them; every opening is logged and shown to the member.
"""
