"""The names of the package: light to import, the same for a type checker, and none missing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import callproof


def test_importing_the_package_imports_nothing_else() -> None:
    """A part of the standard library would already take longer than the whole package may."""
    code = (
        "import sys; before = set(sys.modules); import callproof; print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['callproof']"


def test_every_name_is_there_without_pytest() -> None:
    code = (
        "import sys; sys.modules['pytest'] = None; import callproof; "
        "from callproof import *; print([name for name in callproof.__all__ if name not in globals()])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_payload_is_judged_without_flask_or_a_database() -> None:
    code = (
        "import sys, callproof; assert callproof.validate('call-event', {}).violations; "
        "print([name for name in ('flask', 'werkzeug', 'sqlalchemy', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_type_checkers_see_the_same_names_from_the_same_places() -> None:
    stub = ast.parse(Path(callproof.__file__).with_suffix(".pyi").read_text("utf-8"))
    imported = {
        node.module: tuple(sorted(name.name for name in node.names))
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
    }
    assert imported == {module: tuple(sorted(names)) for module, names in homes().items()}
    (listed,) = (
        ast.literal_eval(node.value)
        for node in stub.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert listed == callproof.__all__ == sorted(listed)
    assert set(listed) == {name for names in homes().values() for name in names} | {"__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'callproof' has no attribute 'dance'"):
        getattr(callproof, "dance")  # noqa: B009
    assert set(callproof.__all__) <= set(dir(callproof))


def homes() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = vars(callproof)["_HOMES"]
    return found
