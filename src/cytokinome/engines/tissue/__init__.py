"""The tissue: cells as agents in a box, molecules as fields between them.

`fields` is the box and what diffuses in it, `cells` where the agents are and how they push and move, `coupling` what
they do to the fields and to each other. Lengths are in µm, times in h, concentrations in pM.
"""
