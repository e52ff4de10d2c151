"""Time: everything that waits, waits on a ``Clock``, the machine's or one that is moved by hand."""
