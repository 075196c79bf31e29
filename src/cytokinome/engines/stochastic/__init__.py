"""The stochastic engines: cells and molecules as whole numbers, or whole cells and molecules that flow.

``compiler.jumps.jumps_of`` gives the events of a model, `runs.Runs` says what to simulate, `choose.solve` does it:
compiled on `lanes`, or on the `reference`, which also knows stated events and what single cells carry. Both have the
same bits. ``compiler.hybrid.hybrid_of`` and `hybrid` do the same for molecules that flow between the jumps of cells.
"""
