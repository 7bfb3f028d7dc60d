"""Papers that a rule asks for: the forms they are made from, and the papers themselves, kept and never changed.

Not here: who may read a paper. That is decided by the app above, whose case or record the paper belongs to.
"""
