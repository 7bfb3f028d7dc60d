"""Chibo: no figure is typed; every figure is computed from records and opens to them."""
