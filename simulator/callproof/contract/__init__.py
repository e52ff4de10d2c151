"""What the API says: requirements, payload schemas, wire forms, errors, phones.

Nothing here does I/O, knows Flask or asks for the time; the one exception is ``files``, which reads
the schemas and scenarios that travel with the package.
"""
