"""Makes the certificate that ends show: a CA of their own signs it, unless the user brings one."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import trustme

from callproof.errors import Misuse
from callproof.files import private
from callproof.running.certificate import Certificate, TlsOptions

ALWAYS = ("127.0.0.1", "::1", "localhost")
# Some clients take no certificate that is valid for longer; the CA is, and is what trust is set up for.
VALID = timedelta(days=397)
# The CA as clients are told of it, and with its key as only we need it.
CA, CA_KEY = "ca.pem", "ca-key.pem"


@contextmanager
def certified(options: TlsOptions, hosts: Iterable[str] = ()) -> Iterator[Certificate]:
    """A certificate for the names of the options and these ``hosts``, until the block ends.

    Raises Misuse when it cannot be made or, if it is the user's, not be used.
    """
    if options.cert:
        given = Certificate(Path(options.cert), Path(options.key))
        given.context()
        yield given
        return
    with TemporaryDirectory(prefix="callproof-tls-") as kept:
        folder = Path(kept)
        if options.folder:
            ca, file = _kept(Path(options.folder).resolve())
        else:
            ca, file = _new(), folder / CA
            file.write_bytes(ca.cert_pem.bytes())
        leaf = ca.issue_cert(
            *_names(options.names, hosts),
            organization_name="callproof",
            organization_unit_name="for tests only",
            not_after=datetime.now(UTC) + VALID,
        )
        cert, key = folder / "end.pem", folder / "end-key.pem"
        cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        private.write(key, leaf.private_key_pem.bytes())
        yield Certificate(cert, key, str(file))


def _new() -> trustme.CA:
    return trustme.CA(organization_name="callproof", organization_unit_name="CA for tests only")


def _kept(folder: Path) -> tuple[trustme.CA, Path]:
    """The CA of the folder, made there by whoever comes first, and the file that clients are told of."""
    secret, file = folder / CA_KEY, folder / CA
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not secret.exists():
            _publish(secret)
        secret.chmod(0o600)
        content = secret.read_bytes()
        ca = trustme.CA.from_pem(content, content)
        if not file.exists() or file.read_bytes() != ca.cert_pem.bytes():
            draft = folder / f".{CA}-{os.getpid()}"
            draft.write_bytes(ca.cert_pem.bytes())
            draft.replace(file)
    except OSError as error:
        raise Misuse(f"The CA cannot be kept in {folder}: {error.strerror}.") from None
    except ValueError:
        raise Misuse(f"{secret} is no CA of callproof's; remove it, and a new one is made.") from None
    return ca, file


def _publish(secret: Path) -> None:
    """Several ends may share a folder; a link does not replace what another has put there meanwhile."""
    ca = _new()
    draft = secret.with_name(f".{secret.name}-{os.getpid()}")
    draft.unlink(missing_ok=True)
    private.write(draft, ca.private_key_pem.bytes() + ca.cert_pem.bytes())
    try:
        os.link(draft, secret)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _names(wanted: Iterable[str], hosts: Iterable[str]) -> list[str]:
    """Each once. Raises Misuse for one that no certificate can have; what we add by ourselves is left out
    then, such as a name of this machine with an underscore."""
    names = dict.fromkeys([*ALWAYS, *(host for host in (*hosts, socket.gethostname()) if _can_be(host))])
    for name in wanted:
        if not _can_be(name):
            raise Misuse(f"--tls-name {name!r} is no host that a certificate can be for.")
        names[name] = None
    return list(names)


def _can_be(name: str) -> bool:
    try:
        trustme.CA().issue_cert(name)
    except ValueError:
        return False
    return True
