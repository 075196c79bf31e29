"""The exact stochastic engine: cells and molecules as whole numbers, one event after the other.

`reference` is slow and obvious, `lanes` is compiled; both give the same trajectories to the last bit.
"""
