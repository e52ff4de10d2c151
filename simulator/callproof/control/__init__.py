"""The control API of an end under ``/_bench/``: its methods, and its client."""
