"""What a tester holds on either end: clocks, the journal, seeds and the control API under /_bench/."""
