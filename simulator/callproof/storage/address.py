"""Where state is kept, as people say it and as it is spelled here."""

from callproof.errors import Misuse

IN_MEMORY = "sqlite://"
# How people begin the address of a PostgreSQL whose driver they do not name.
_POSTGRES = ("postgres://", "postgresql://")


class StorageError(Misuse):
    """The database cannot be opened, or is not ours; the text says which and why."""


def on_server(url: str) -> bool:
    """Whether whoever asks this database waits for another process to answer."""
    return not url.startswith("sqlite")


def spelled(url: str) -> str:
    """The address in the spelling that is used here: one for all that keep nothing outside of memory, and
    PostgreSQL by the driver that is installed.

    Raises StorageError for what is no address, or of a kind of database that callproof does not know.
    """
    for beginning in _POSTGRES:
        if url.startswith(beginning):
            return f"postgresql+psycopg://{url.removeprefix(beginning)}"
    if url == IN_MEMORY:
        return url
    # Only here, as below: who keeps nothing does without SQLAlchemy.
    from sqlalchemy.engine.url import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        read = make_url(url)
    except ArgumentError:
        how = "it is no address, as sqlite:///callproof.db is one"
        raise StorageError(f"The database {url} cannot be used: {how}") from None
    kind = read.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise StorageError(
            f"The database {shown(url)} cannot be used: {kind} is neither sqlite nor postgresql"
        )
    name = read.database or ":memory:"
    unnamed = name in (":memory:", "file::memory:")
    in_memory = unnamed or (name.startswith("file:") and read.query.get("mode") == "memory")
    return IN_MEMORY if kind == "sqlite" and in_memory else url


def shown(url: str) -> str:
    """The address of a database without its password."""
    if url == IN_MEMORY:
        return url
    from sqlalchemy.engine.url import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return url
