"""Records that may be of one person: found, compared, merged with nothing lost, taken apart again.

It decides nothing by itself: a person looks at each pair.
"""
