"""The files of the machine, where a test works on made-up ones."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PYFAKEFS = "pyfakefs.fake_filesystem_unittest"


def may_vanish() -> bool:
    """Whether a test of this process may put made-up files in the place of the real ones."""
    return _PYFAKEFS in sys.modules


@contextmanager
def real_files() -> Iterator[None]:
    """Until the block ends, pyfakefs does nothing: what is read or imported in it is there.

    All threads of the process see the machine's files meanwhile.
    """
    loaded = sys.modules.get(_PYFAKEFS)
    patcher = loaded.Patcher.PATCHER if loaded else None
    if loaded is None or patcher is None or not patcher.is_patching:
        yield
        return
    with loaded.Pause(patcher):
        yield
