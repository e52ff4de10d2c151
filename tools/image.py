"""``make image``: the Dockerfile without Docker, in a root folder of its own that debootstrap makes.

Each RUN is done by a shell in that root, as the user of that line; then ENTRYPOINT with CMD is started
there and HEALTHCHECK asks it, on the ports 8080 and 8081 of this machine. It needs root, debootstrap and
the registries of apt and pip. In the place of the base image stands Debian with its own Python: what is
tried are the lines of the file, not the image that they begin with.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

import click
import orjson

from callproof.cli.common import echo

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "examples" / "recipes" / "docker" / "Dockerfile"
# What a registry behind a proxy or a mirror of its own is known by.
REGISTRY = ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt", "/etc/resolv.conf", "/etc/hosts")
PATIENCE = 60.0


class Refused(click.ClickException):
    """A line of the file that did not do what it says."""


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Names and what stands behind them; lines that go on are joined, comments left out."""
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", text))
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, rest = line.partition(" ")
        yield name.upper(), rest.strip()


class Image:
    """A root folder that the instructions act on one after the other, stages together."""

    def __init__(self, root: Path, context: Path) -> None:
        self.root, self._context = root, context
        self._user, self.folder = "0", "/"
        self._environment = {"PATH": "/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin", "HOME": "/root"}
        self.listed: dict[str, list[str]] = {}

    def do(self, name: str, rest: str) -> None:
        """Raises Refused where a command fails."""
        match name:
            case "FROM" | "EXPOSE":
                # One root serves both stages; what the second takes from the first is there already.
                self._user, self.folder = "0", "/"
            case "WORKDIR":
                self.folder = rest
                self._inside(rest).mkdir(parents=True, exist_ok=True)
            case "USER":
                self._user = rest
            case "ENV":
                for pair in shlex.split(rest):
                    variable, _, value = pair.partition("=")
                    self._environment[variable] = value.replace("$PATH", self._environment["PATH"])
            case "COPY":
                self._copy(*shlex.split(rest))
            case "RUN":
                if self.run(["/bin/sh", "-c", rest]).wait():
                    raise Refused(f"RUN {rest}")
            case "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
                self.listed[name] = orjson.loads(rest[rest.index("[") :])
            case _:
                raise Refused(f"{name} is not known to make image")

    def run(self, command: list[str], more: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """As the user of now, in the folder of now, with nothing of this machine's environment."""
        user = ["--userspec", f"{self._user}:{self._user}"]
        # chroot goes into the top folder.
        inner = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', self.folder, *command]
        return subprocess.Popen(
            ["chroot", *user, str(self.root), *inner], env={**self._environment, **(more or {})}
        )

    def _copy(self, *words: str) -> None:
        if words[0].startswith("--from="):
            return
        source, target = words
        place = self._inside(target)
        if source == ".":
            shutil.copytree(self._context, place, dirs_exist_ok=True)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._context / source, place)

    def _inside(self, path: str) -> Path:
        return self.root / os.path.normpath(Path(self.folder) / path).lstrip("/")


def context(folder: Path) -> Path:
    """What Docker would be sent: what the ignore file lets through."""
    folder.mkdir()
    for line in (FILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines():
        if not line.startswith("!"):
            continue
        source = ROOT / line[1:]
        if source.is_dir():
            shutil.copytree(source, folder / line[1:], ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    return folder


@contextmanager
def made(folder: Path) -> Iterator[Path]:
    """A minimal Debian with Python, and the devices that a program looks for."""
    packages = "--include=python3,python3-venv,ca-certificates"
    subprocess.run(
        ["debootstrap", "--variant=minbase", packages, "stable", folder], check=True, stdout=sys.stderr
    )
    (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    for name in filter(os.path.exists, REGISTRY):
        place = folder / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, place)
    mounted = [folder / "proc", folder / "dev"]
    try:
        for place in mounted:
            subprocess.run(["mount", "--rbind", f"/{place.name}", place], check=True)
            subprocess.run(["mount", "--make-rslave", place], check=True)
        yield folder
    finally:
        for place in mounted:
            subprocess.run(["umount", "--recursive", "--lazy", place], check=False)


def healthy(image: Image) -> bool:
    """Whether the end that is started becomes healthy and ends when it is told."""
    asked = {"CALLPROOF_CONTROL_TOKEN": "t" * 32}
    end = image.run([*image.listed["ENTRYPOINT"], *image.listed["CMD"]], asked)
    until = monotonic() + PATIENCE
    try:
        while monotonic() < until and end.poll() is None:
            if image.run(image.listed["HEALTHCHECK"]).wait() == 0:
                return True
            sleep(0.5)
        return False
    finally:
        end.terminate()
        end.wait(30)


@click.command()
def main() -> None:
    """Do what the Dockerfile says in a root folder of its own."""
    with TemporaryDirectory() as folder, made(Path(folder) / "root") as root:
        image = Image(root, context(Path(folder) / "context"))
        for name, rest in instructions(FILE.read_text("utf-8")):
            echo(f"{name} {rest}")
            image.do(name, rest)
        if image.run([*image.listed["ENTRYPOINT"], *image.listed["CMD"]]).wait() != 2:
            raise Refused("without a token it has to end with 2")
        if not healthy(image):
            raise Refused("the end does not become healthy")
    echo("The image's lines do what they say, and the end becomes healthy.")


if __name__ == "__main__":
    main()
