"""What goes over the wire at an end: requests heard and made, answers, the journal of both, and faults."""
