"""How every published figure is made; callproof is driven by its command line alone."""
