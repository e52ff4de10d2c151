"""Which store keeps what a virtual PBX keeps."""

from callproof.pbx.store.memory import MemoryStore
from callproof.pbx.store.sessions import Store
from callproof.storage.address import IN_MEMORY
from callproof.storage.durability import Durability


def open_store(url: str, durability: Durability = "commit") -> Store:
    """Raises StorageError when the database cannot be used."""
    if url == IN_MEMORY:
        return MemoryStore()
    # Only here: what stays in memory does without SQLAlchemy.
    from callproof.pbx.store.session import PbxStore

    return PbxStore(url, durability)
