"""Pages of a verified library: what each scenario says, its curves, and its claims with what they are worth."""
