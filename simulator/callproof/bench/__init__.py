"""The bench as pages of both ends: the journal, the ladder, faults, the clock and scenarios."""
