"""The kit of all pages: how they look, are kept fresh and safe, and what they say in which language."""
