"""The mean field: ordinary differential equations.

`reference` is plain SciPy, slow and obvious; it stays as the judge of every faster engine. `start` finds where a
patient stands before anything is done to them.
"""
