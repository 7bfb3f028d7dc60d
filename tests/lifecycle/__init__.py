"""The life of a member as cases: what is shipped, walked through, and what it does to the records."""
