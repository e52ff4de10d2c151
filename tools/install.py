"""``pip install`` with one line that says how far it is: whoever sees nothing for a minute stops it.

``python tools/install.py COMMAND...``, with any Python 3.11 and nothing installed. At a terminal the line
is written anew with each package; elsewhere, as in a log, there is a line for each twenty-five. What pip
says of a mistake is shown, and its exit code is that of this.
"""

import re
import subprocess
import sys
from collections import deque
from typing import TextIO

SEEN = re.compile(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.\[\]-]+)")
PUT = re.compile(r"Installing collected packages: (.*)")
EACH = 25
# Of what pip said before it failed, its own errors apart, which go to stderr.
LAST = 15
WIDTH = 78


def main(command: list[str], out: TextIO) -> int:
    """The exit code of the command, which is a ``pip install``."""
    watched = out.isatty()
    last: deque[str] = deque(maxlen=LAST)
    looked_at = 0

    def say(text: str) -> None:
        out.write(f"\r{text[:WIDTH]:<{WIDTH}}" if watched else f"{text}\n")
        out.flush()

    say("pip: looking at what is needed")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            last.append(line)
            if found := SEEN.match(line):
                looked_at += 1
                if watched or looked_at % EACH == 0:
                    say(f"pip: {looked_at} packages looked at, now {found[1]}")
            elif found := PUT.match(line):
                say(f"pip: installing {len(found[1].split(', '))} packages")
    say("pip: done" if pip.returncode == 0 else f"pip: ended with {pip.returncode}")
    out.write("\n" if watched else "")
    if pip.returncode:
        out.writelines(last)
    return pip.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
