"""Where a system is compiled for. Each target gives a `Kernel`; the same tests judge them all."""
