"""The tree of units, dated; who may see or do what where: grants, roles, permissions, scope.

Not for what happens in a unit (meetings, members) nor for what is counted of it (indicators).
"""
