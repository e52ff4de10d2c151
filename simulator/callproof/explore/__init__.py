"""Makes up scenarios, plays them by the runner that plays the written ones, and makes the smallest of those
that fail."""
