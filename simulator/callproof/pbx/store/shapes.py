"""What a virtual PBX keeps in memory: the tables of ``tables``, without what a database has to know of
them."""

from callproof.storage.memory import Shape

CALLS = Shape("pbx_calls", "position id open document", "document")
OUTBOX = Shape("pbx_outbox", "id call_id kind payload due_at attempts fate answer alone", "payload")
STATUSES = Shape("pbx_statuses", "extension status")


def version() -> str:
    """The version of the tables, whose rows a database takes as they are here."""
    # Only here: what stays in memory does without SQLAlchemy.
    from callproof.pbx.store import tables
    from callproof.storage.schema import version_in_memory

    return version_in_memory(tables.pbx)
