"""The way to a network for callproof itself, whatever a test has put in the place of ``requests``.

``responses`` replaces ``HTTPAdapter.send``, ``requests-mock`` ``Session.get_adapter``, others the
connections or the pools of urllib3. What they keep from the network is the code under test; what the ends
and their control say to each other is no business of theirs.
"""

import importlib.util
import socket
import warnings
from types import ModuleType
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DependencyWarning,
    NameResolutionError,
    NewConnectionError,
)

from callproof.exchange import sockets

__all__ = ["OwnAdapter", "OwnSession", "connected"]


def _own(name: str) -> ModuleType:
    """The module made anew from its file: what is replaced in the one that everybody has, also before this
    is imported, is not in it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(name)
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():
        # Of the optional parts that are not there, as requests itself does.
        warnings.simplefilter("ignore", DependencyWarning)
        spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from requests import Session as OwnSession
    from requests.adapters import HTTPAdapter as OwnAdapter
else:
    OwnSession = _own("requests.sessions").Session
    OwnAdapter = _own("requests.adapters").HTTPAdapter


def connected(connection: HTTPConnection) -> sockets.Socket:
    """As urllib3 does it, by a socket of ours. Raises its errors."""
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    where = (connection.host, connection.port)
    try:
        return sockets.connect(where, timeout, list(connection.socket_options or ()))
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"No connection to {connection.host} in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"Failed to establish a new connection: {error}") from error
