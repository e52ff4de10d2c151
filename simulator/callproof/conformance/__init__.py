"""Scenarios, their runner and the verdict. Knows the control API and the contract, and nothing of how
an end is built: a side is judged from the journal of the side that faces it."""
