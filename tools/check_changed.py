"""What the changes since ``main`` are likely to break: style, types, and the tests that are near to them.

A test is near when it was changed, or when its name has that of a changed module (``test_journal.py`` of
``exchange/journal.py``); fixtures and tools that many use are near to nothing. Fast tests of what all else
stands on run always. It is ``make check FAST=1``, takes under a minute on two cores and proves less than
``make check``.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
# They take seconds together, and what the rest stands on shows here.
ALWAYS = (
    "tests/clocks",
    "tests/files",
    *(
        f"tests/contract/test_{name}.py"
        for name in ("contract", "coerce", "dates", "phones", "shapes", "wire")
    ),
)
# The rest is left to `make check`, which is said: what is more than so many files, and folders whose tests
# start whole programs.
MOST = 8
SLOW = tuple(
    f"tests/{name}/"
    for name in ("browser", "cli", "docs", "examples", "fuzz", "load", "plugin", "strangers")
)


def changed() -> list[str]:
    """Files that differ from where this branch left ``main``, and new ones, as git names them."""
    base = _git("merge-base", "HEAD", "main") or ["HEAD"]
    found = {*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")}
    return sorted(name for name in found if (ROOT / name).exists())


def near(files: Iterable[str], tests: Iterable[str]) -> list[str]:
    """Which of the ``tests`` are near to these files: the changed ones first, each once."""
    files, tests = list(files), list(tests)
    modules = {Path(name).stem for name in files if name.startswith(("simulator/", "tools/"))}
    mine = [name for name in tests if name in files]
    named = [name for name in tests if Path(name).stem.removeprefix("test_") in modules]
    return list(dict.fromkeys([*mine, *named]))


def main() -> int:
    files = changed()
    sources = [name for name in files if name.endswith((".py", ".pyi"))]
    tests = sorted(str(path.relative_to(ROOT)) for path in TESTS.rglob("test_*.py"))
    wanted = near(files, tests)
    found = [name for name in wanted if not name.startswith(SLOW)][:MOST]
    steps = [["ruff", "check", *sources], ["ruff", "format", "--check", *sources]] if sources else []
    steps += [["mypy"], ["lint-imports"]] if sources else []
    steps.append(["pytest", "-q", "-n", "auto", "--dist", "worksteal", *ALWAYS, *found])
    failed = [step[0] for step in steps if subprocess.run([_tool(step[0]), *step[1:]], cwd=ROOT).returncode]
    for name in wanted:
        if name not in found:
            print(f"not run: {name}; make check does")
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed; make check runs the rest")
    return 1 if failed else 0


def _tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


if __name__ == "__main__":
    sys.exit(main())
