"""A command that is known by name and imported when it is used."""

import gc
import sys
from importlib import import_module
from types import ModuleType

import click

# So many objects come before the collector looks at them, not 700.
SELDOM = 50_000


class Deferred(click.Command):
    """Stands for the command ``name`` in lists and completions; ``help`` is its first sentence."""

    def __init__(self, name: str, module: str, help: str) -> None:  # noqa: A002
        super().__init__(name, help=help)
        self.module = module

    def loaded(self) -> click.Command:
        """The command itself."""
        found = getattr(imported(self.module), str(self.name))
        assert isinstance(found, click.Command), f"{self.module} has no command {self.name}"
        return found


def imported(module: str) -> ModuleType:
    """The module, imported without a collector, which would look again and again through what is there to
    stay. From then on it looks seldom: nearly all that a command makes is no garbage either."""
    if module in sys.modules or not gc.isenabled():
        return import_module(module)
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.set_threshold(SELDOM)
        gc.enable()
