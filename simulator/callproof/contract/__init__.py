"""What the API says: requirements, payload schemas, wire forms, errors, phones.

Nothing here does I/O, knows Flask or asks for the time; the one exception is what reads the
schemas that travel with the package.
"""
