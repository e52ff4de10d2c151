"""The certificate that ends show, what is asked for it, and how clients are told to believe its CA."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from callproof.errors import Misuse


@dataclass(frozen=True)
class TlsOptions:
    """``folder`` keeps the CA; without one it lives as long as the ends. ``names`` are hosts that the
    certificate is for beside loopback and this machine. ``cert`` and ``key`` are the user's own."""

    folder: str = ""
    names: tuple[str, ...] = ()
    cert: str = ""
    key: str = ""


@dataclass(frozen=True)
class Certificate:
    """Files in PEM; ``ca`` is that of our own CA, empty where the certificate is the user's."""

    cert: Path
    key: Path
    ca: str = ""

    def context(self) -> ssl.SSLContext:
        """Raises Misuse when the files are no certificate and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            # A key with a password would be asked for at the terminal.
            context.load_cert_chain(self.cert, self.key, password=lambda: "")
        except OSError as error:
            why = error.reason if isinstance(error, ssl.SSLError) else os.strerror(error.errno or 0)
            said = f"--tls-cert {self.cert} and --tls-key {self.key} cannot be used: {why or error}."
            raise Misuse(f"{said} Both are PEM, the key without a password.") from None
        return context


def advice(ca: str) -> list[str]:
    """How clients are told to trust the CA, a line for each."""
    trusted = "-Djavax.net.ssl"
    store = "-keystore callproof.p12"
    return [
        f"curl      --cacert {ca}",
        f"requests  REQUESTS_CA_BUNDLE={ca}   or verify={ca!r}",
        f"PHP       php -d curl.cainfo={ca} -d openssl.cafile={ca}",
        f"Node      NODE_EXTRA_CA_CERTS={ca}",
        f"Ruby      SSL_CERT_FILE={ca}",
        f"Java      keytool -importcert -noprompt -alias callproof {store} -storepass changeit -file {ca}",
        f"          java {trusted}.trustStore=callproof.p12 {trusted}.trustStorePassword=changeit",
        f"callproof --ca {ca}",
    ]
