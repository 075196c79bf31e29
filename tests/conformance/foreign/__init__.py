"""Published suites of models, run from where they lie: what passes, what is refused and why, what is wrong."""
