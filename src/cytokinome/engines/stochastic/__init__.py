"""The exact stochastic engine: cells and molecules as whole numbers.

``compiler.jumps.jumps_of`` gives the events of a model, `runs.Runs` says what to simulate, `choose.solve` does it:
compiled on `lanes`, or on the `reference`, which also knows stated events and what single cells carry. Both have the
same bits. Where molecules flow between the jumps of cells, ``compiler.hybrid`` makes a system of a model, for `ode`.
"""
