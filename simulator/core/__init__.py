"""What the two systems know: rules and state machines, without I/O, over the protocols in ``ports``."""
