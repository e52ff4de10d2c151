"""Put first on PYTHONPATH: every connection that the process tries to make is noted in a file."""

import os
import sys

_OUT = os.open(os.environ.pop("CALLPROOF_TORTURE_CONNECTIONS"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(where := arguments[1], tuple):
        os.write(_OUT, f"{where[0]}\n".encode())


sys.addaudithook(_note)
