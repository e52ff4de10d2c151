"""The key by which a CRM that is started again goes on letting in whoever was let in before."""

from callproof.crm.account import new_key
from callproof.crm.rules.model import Grant
from callproof.crm.settings import SCOPES
from callproof.crm.store.opening import open_store
from callproof.crm.store.sessions import CrmSession
from callproof.storage.address import IN_MEMORY

# The setting that says with which key the account was started last.
OWN = "key"


def own_key(database: str) -> str:
    """With which key the CRM on this database was started last; otherwise a new one, which is kept there at
    once, so that two that are started together have the same. Raises StorageError."""
    if database == IN_MEMORY:
        return new_key()
    store = open_store(database)
    try:
        with store.begin() as session:
            key = _kept(session) or new_key()
            session.save_setting(OWN, key)
            return key
    finally:
        store.close()


def keep(session: CrmSession, key: str) -> None:
    """Let whoever has this key do everything, and start with it the next time."""
    session.save_grant(Grant(key, SCOPES))
    session.save_setting(OWN, key)


def _kept(session: CrmSession) -> str:
    directory = session.directory()
    if isinstance(key := directory.settings.get(OWN), str):
        return key
    # An older callproof kept no more than which keys there are; its own could do the most.
    whole = (grant for grant in directory.grants if grant.sites is None)
    found = max(whole, key=lambda grant: len(grant.scopes), default=None)
    return found.key if found else ""
