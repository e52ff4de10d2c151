"""Commands that read files are given broken ones: exit code 2, a sentence with the place, soon.

Soon is meant by the processor's time: the machine may have other things to do.
"""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from tests.fuzz.hostile_files import CASES, YAML, arguments, content
from tools.torture.figures import Figure, Say, at_most, none_of

WITHIN, GIVEN_UP = 2.0, 60.0


@dataclass(frozen=True)
class Ended:
    what: str
    seconds: float
    problem: str


def run(folder: Path, most: int, dice: random.Random, say: Say) -> list[Figure]:
    """``most`` pairs of a command and a file at most, as processes; the tests try all of them."""
    cases = [*CASES, *(("load", name) for name in YAML)]
    chosen = dice.sample(cases, min(most, len(cases)))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda case: ended(folder, *case), chosen))
    slowest = max(found, key=lambda one: one.seconds)
    say(f"The slowest file: {slowest.what}")
    wrong = [f"{one.what}: {one.problem}" for one in found if one.problem]
    return [
        Figure("Broken files given to commands that read files", f"{len(found)}"),
        none_of("Of them not answered by exit code 2 and a sentence with the place", len(wrong), wrong),
        at_most("The slowest answer, in time of the processor", slowest.seconds, WITHIN, " s"),
    ]


def ended(folder: Path, reader: str, name: str) -> Ended:
    what = f"{reader} with {name}"
    file = folder / f"{what}.yaml".replace(" ", "-")
    load = reader == "load"
    file.write_bytes(YAML[name] if load else content(reader, name))
    given = ["load", "--headless", "--load", str(file)] if load else arguments(reader, str(file))
    log = file.with_suffix(".log")
    with log.open("wb") as errors:
        command = [sys.executable, "-m", "callproof", *given]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        timer = Timer(GIVEN_UP, process.kill)
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = code = os.waitstatus_to_exitcode(status)
    said = log.read_text("utf-8", "replace")
    last = (said.splitlines() or [""])[-1]
    right = code == 2 and f"{file}:" in last and "Traceback" not in said
    return Ended(what, used.ru_utime + used.ru_stime, "" if right else f"exit code {code}, {last}")
