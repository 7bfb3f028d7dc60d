"""Reading and writing workbooks: the engine behind every sheet, and the list of loads.

Knows no subject; each app declares its sheets.
"""
