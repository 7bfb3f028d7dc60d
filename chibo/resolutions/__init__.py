"""What comes of a meeting: its minutes, locked by two people; its resolution, numbered; the tasks that follow.

It records no meeting: `meetings` does. It keeps what was written of one, who signed it, and who has
to do what until when.
"""
