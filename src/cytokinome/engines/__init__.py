"""How it runs: engines take a kernel, parameters and a schedule, and return a solution with an outcome per patient.

An engine knows nothing of files, experiments or claims. All engines share `base`; none knows another.
"""
