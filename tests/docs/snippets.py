"""Whoever follows a page of the docs: its blocks are done one after the other, as it says them.

- ``console``: what follows each ``$`` is run by bash. The lines below it are what it prints on stdout, and
  on stderr as well where that is all or the exit code is above 1: progress comes or not. ``...`` stands for
  any text, alone on a line for any lines.
- ``sh``: each line is run and has to end with 0.
- Any block with ``# name.ext`` as its first line: a file of that name, which something later has to name. A
  file of JSON begins below that line, since JSON has no comments.
- ``python`` without a name: run with the names of those before it; ``text`` right below is what it prints.
- Other ``text`` and ``json``: shown, not done.

A line that ends in a backslash goes on in the next one. Directory, exported variables and ``$?`` last
from one command to the next. What begins with ``callproof serve`` or ends in ``&`` goes on behind the
rest until the next of them; ``callproof serve`` has to get as far as its banner. ``export NAME=...``
takes the key that it printed. What stands in ``<!-- unseen: COMMAND -->`` is run without the reader and
makes what the page takes for granted. The folder has the clone's ``examples`` and ``scenarios``; ports
of the pages are free ones of this machine.

``python -m tests.docs.snippets PAGE`` shows what a page's commands print.
"""

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.served import free_ports

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BIN = Path(sys.executable).parent
# What a reader's folder has of a clone.
CLONE = ("examples", "scenarios", "locustfile.py")
# The ports that pages name, in pairs; as many are free ones.
PORTS = ("8080", "8081", "9000", "9001")
SECONDS = 120
# Variables that the reader sets anew for each command.
OURS = "CALLPROOF_((CRM|PBX)_PORT|((CRM|PBX)_)?URL)="
# Blocks of commands.
COMMANDS = ("console", "sh", "unseen")
# How far `callproof serve` gets before the next command may use it.
SERVES = "Serving; "


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, or what an ``unseen`` comment says, where ``language`` is ``unseen``."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def where(self) -> str:
        return f"{os.path.relpath(self.page, ROOT)}:{self.line}"

    @property
    def file(self) -> str:
        """The name that its first line gives it."""
        named = re.match(r"(?:#|//|<!--) ([\w.-]+\.\w+)(?: -->)?\n", self.text)
        return named[1] if named and self.language not in ("console", "sh") else ""

    def is_right_below(self, other: "Block") -> bool:
        return self.language == "text" and self.line == other.line + other.text.count("\n") + 3

    @property
    def commands(self) -> list[tuple[str, list[str] | None]]:
        """Each command with the lines that it prints, None where the page does not say."""
        if self.language == "console":
            assert self.text.startswith("$ "), f"{self.where}: a console begins with a command"
            parts = re.split(r"(?m)^\$ ", self.text)[1:]
            return [_command(*re.split(r"(?<!\\)\n", part.rstrip("\n"))) for part in parts]
        lines = re.split(r"(?<!\\)\n", self.text)
        return [(line, None) for line in lines if line.strip() and not line.startswith("#")]


def _command(command: str, *printed: str) -> tuple[str, list[str]]:
    return command, list(printed)


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, those of lists as well, with their indentation taken away."""
    found = re.finditer(
        r"^( *)```(\S*)[^\n]*\n(.*?)^ *```$|^<!-- unseen: (.*?) -->$",
        page.read_text("utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    taken = []
    for match in found:
        line = match.string.count("\n", 0, match.start()) + 1
        if match[4]:
            taken.append(Block(page, line, "unseen", match[4] + "\n"))
        else:
            taken.append(Block(page, line, match[2], re.sub(f"(?m)^{match[1]}", "", match[3])))
    return taken


def consoles(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Commands of the ``console`` blocks with the lines that they print."""
    for block in blocks(page):
        if block.language == "console":
            yield from ((command, printed or []) for command, printed in block.commands)


def looks_like(printed: list[str], output: str) -> bool:
    """Whether the output is as printed; ``...`` stands for any text, alone on a line for any lines."""
    pattern = ""
    for line in printed:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += re.escape(line.rstrip()).replace(r"\.\.\.", ".*") + r"[ ]*\n"
    return (
        re.fullmatch(pattern, output if output.endswith("\n") or not output else output + "\n") is not None
    )


class Reader:
    """Does what pages say in a folder of its own; whatever goes on is stopped when the block ends.

    ``left_out`` are beginnings of commands, and of blocks without any, that are not done.
    """

    def __init__(self, folder: Path, *, left_out: frozenset[str] = frozenset(), show: bool = False) -> None:
        self._folder = folder
        self._left_out = left_out
        self._show = show
        self._places = dict(zip(PORTS, map(str, (*free_ports(), *free_ports())), strict=True))
        self._background = ExitStack()
        self._names: dict[str, object] = {"__name__": "__page__"}
        self._key = ""
        self._state = folder / ".state"
        self._before = f"[ ! -e {self._state} ] || . {self._state}"
        for name in CLONE:
            (folder / name).symlink_to(ROOT / name)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self._background.close()

    def follow(self, page: Path) -> int:
        """How many commands and snippets were done. Raises AssertionError where a page says otherwise."""
        done, left = 0, blocks(page)
        while left:
            block = left.pop(0)
            if block.language not in COMMANDS and self._leaves_out(block.text):
                continue
            if block.file:
                later = "".join(other.text for other in left)
                assert block.file in later, f"{block.where}: {block.file} is written and never used"
                _, _, below = block.text.partition("\n")
                text = below if block.language == "json" else block.text
                (self._folder / block.file).write_text(self._moved(text), "utf-8")
            elif block.language == "python":
                shown = left.pop(0) if left and left[0].is_right_below(block) else None
                self._exec(block, shown.text.splitlines() if shown else None)
                done += 1
            elif block.language in COMMANDS:
                for command, printed in block.commands:
                    if not self._leaves_out(command):
                        self._do(block, command, printed)
                        done += 1
            else:
                assert block.language in ("text", "json"), f"{block.where}: nobody runs {block.language!r}"
        return done

    def _leaves_out(self, text: str) -> bool:
        return any(text.startswith(beginning) for beginning in self._left_out)

    def _moved(self, text: str) -> str:
        return re.sub(r"\b\d{4}\b", lambda port: self._places.get(port[0], port[0]), text)

    def _environment(self, command: str) -> dict[str, str]:
        """Of the reader's terminal: nothing that CI or a user set for callproof, but where its ends are."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CALLPROOF_", "GITHUB_", "PYTEST_", "COV_"))
        }
        crm, pbx = (f"http://127.0.0.1:{self._places[port]}" for port in ("8080", "8081"))
        return {
            **inherited,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "COLUMNS": "108",
            "CALLPROOF_CRM_PORT": self._places["8080"],
            "CALLPROOF_PBX_PORT": self._places["8081"],
            "CALLPROOF_URL": pbx if "--end pbx" in command else crm,
            **({"CALLPROOF_PBX_URL": pbx} if command.startswith("callproof call ") else {}),
            **({"CALLPROOF_CRM_URL": crm} if command.startswith("callproof click ") else {}),
        }

    def _exec(self, block: Block, printed: list[str] | None) -> None:
        code = compile("\n" * block.line + self._moved(block.text), str(block.page), "exec")
        output = io.StringIO()
        with contextlib.chdir(self._folder), contextlib.redirect_stdout(output):
            exec(code, self._names)
        self._compare(block, "python", output.getvalue(), printed)

    def _do(self, block: Block, command: str, printed: list[str] | None) -> None:
        if re.fullmatch(r"export \w+=\.\.\.", command):
            command = command.replace("...", shlex.quote(self._key))
        if command.startswith("callproof serve") or command.endswith("&"):
            output, code = self._begin(command.rstrip("& ")), 0
        else:
            output, code = self._run(command)
        assert printed is not None or code == 0, f"{block.where}: {command}\nended with {code}:\n{output}"
        self._compare(block, f"$ {command}", output, printed)

    def _compare(self, block: Block, done: str, output: str, printed: list[str] | None) -> None:
        if self._show:
            sys.stdout.write(f"{block.where}: {done}\n{output}")
        elif printed is not None:
            # Whether the machine was busy is nothing that a page promises.
            output = output.replace(", bounded by the generator", "")
            moved = [self._moved(line) for line in printed]
            expected = "\n".join(moved)
            assert looks_like(moved, output), (
                f"{block.where}: {done}\nprinted\n{output}\nwhere the page has\n{expected}"
            )

    def _run(self, command: str) -> tuple[str, int]:
        """What a command prints in the state that the one before left, and its exit code."""
        keep = f'{{ declare -px | grep -vE "{OURS}"; printf "cd %q\\n(exit %s)\\n" "$PWD" "$code"; }}'
        script = f"{self._before}\n{self._moved(command)}\ncode=$?; {keep} >{self._state}; exit $code"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self._folder,
            env=self._environment(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        told = done.returncode > 1 or not done.stdout
        return done.stdout + (done.stderr if told else ""), done.returncode

    def _begin(self, command: str) -> str:
        """Begins something that goes on; returns what it says until it serves."""
        self._background.close()
        log = self._folder / ".log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                ["bash", "-c", f"{self._before}\nexec {self._moved(command)}"],
                cwd=self._folder,
                env=self._environment(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if command.startswith("callproof serve") else errors,
                stderr=errors,
                text=True,
            )
        self._background.callback(_stop, process)
        if process.stdout is None:
            return ""
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith(SERVES):
                self._key = (re.findall(r"API key (\S+)", said) or [self._key])[0]
                return said
        return said + log.read_text("utf-8")


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    if process.stdout is not None:
        process.stdout.close()


def main(pages: list[str]) -> None:
    """Shows what the commands of these pages print."""
    for page in pages:
        with TemporaryDirectory() as folder, Reader(Path(folder), show=True) as reader:
            reader.follow(Path(page).resolve())


if __name__ == "__main__":
    main(sys.argv[1:])
