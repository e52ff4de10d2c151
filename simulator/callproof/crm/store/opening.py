"""Which store keeps what a CRM keeps."""

from callproof.crm.store.memory import MemoryStore
from callproof.crm.store.sessions import Store
from callproof.storage.address import IN_MEMORY
from callproof.storage.durability import Durability


def open_store(url: str, country: str = "RU", durability: Durability = "commit") -> Store:
    """Raises StorageError when the database cannot be used."""
    if url == IN_MEMORY:
        return MemoryStore(country)
    # Only here: what stays in memory does without SQLAlchemy.
    from callproof.crm.store.session import CrmStore

    return CrmStore(url, country, durability)
