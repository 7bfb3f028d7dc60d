"""How a committee guides its cells: what is asked of them measured, weak cells supported, guide cells, cross-visits.

It records no meeting, notice nor task: it counts those of the apps below. The charge of a member of a committee over a
cell stays with `committees`.
"""
