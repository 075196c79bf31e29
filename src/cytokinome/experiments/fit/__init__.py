"""What data say of parameters: a file names what is free and which measurements count, and the rest follows.

::

    fit.yaml ──read──> Fit ──problem──> Problem ──descent──> optima ──profiles, draws──> what is known, and what is not
"""
