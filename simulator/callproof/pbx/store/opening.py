"""Which store keeps what a virtual PBX keeps."""

from callproof.pbx.store.memory import MemoryStore
from callproof.pbx.store.session import PbxStore
from callproof.pbx.store.sessions import Store
from callproof.storage.durability import Durability
from callproof.storage.engine import IN_MEMORY


def open_store(url: str, durability: Durability = "commit") -> Store:
    """Raises StorageError when the database cannot be used."""
    return MemoryStore() if url == IN_MEMORY else PbxStore(url, durability)
