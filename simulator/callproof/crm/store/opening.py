"""Which store keeps what a CRM keeps."""

from callproof.crm.store.memory import MemoryStore
from callproof.crm.store.session import CrmStore
from callproof.crm.store.sessions import Store
from callproof.storage.durability import Durability
from callproof.storage.engine import IN_MEMORY


def open_store(url: str, country: str = "RU", durability: Durability = "commit") -> Store:
    """Raises StorageError when the database cannot be used."""
    return MemoryStore(country) if url == IN_MEMORY else CrmStore(url, country, durability)
