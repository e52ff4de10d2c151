"""Peers into folders of their own under ``.bench``: a virtual environment and a ``node_modules``."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_PYTHON_NEEDS = ("connexion", "flask", "granian", "jsonschema-rs", "moto[server]", "orjson")
_NODE_NEEDS = ("@mockoon/cli", "@stoplight/prism-cli", "mountebank", "wiremock")
_PATIENCE = 600


@dataclass
class Tools:
    """``reasons`` says why a package could not be installed."""

    cache: Path
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def node(self) -> Path:
        return self.cache / "node"

    @property
    def python(self) -> Path:
        return self.cache / "python"

    def home(self, name: str) -> Path:
        return self.node if name == "node" else self.python

    def install(self) -> None:
        """Whatever is not there yet; each package on its own, so that one failure takes no other along."""
        for package in _NODE_NEEDS:
            if not self.version("node", package):
                self._note(package, self._install_node(package))
        for package in _PYTHON_NEEDS:
            if not self.version("python", package):
                self._note(package, self._install_python(package))

    def version(self, home: str, package: str) -> str:
        """Of what is installed; empty when it is not."""
        if home == "node":
            file = self.node / "node_modules" / package / "package.json"
            return str(json.loads(file.read_text("utf-8"))["version"]) if file.exists() else ""
        name = package.partition("[")[0].replace("-", "_")
        found = self.python.glob(f"lib/python*/site-packages/{name}-*.dist-info")
        return next((folder.name.removesuffix(".dist-info").rpartition("-")[2] for folder in found), "")

    def _note(self, package: str, reason: str) -> None:
        if reason:
            self.reasons[package] = reason

    def _install_node(self, package: str) -> str:
        npm = shutil.which("npm")
        if not npm:
            return "there is no npm"
        quiet = ["--silent", "--no-audit", "--no-fund", "--no-update-notifier"]
        return _run([npm, "install", *quiet, "--prefix", str(self.node), package])

    def _install_python(self, package: str) -> str:
        if not (self.python / "bin" / "pip").exists():
            made = _run([sys.executable, "-m", "venv", str(self.python)])
            if made:
                return made
        pip = str(self.python / "bin" / "pip")
        return _run([pip, "install", "--quiet", "--disable-pip-version-check", package])


def _run(command: list[str]) -> str:
    """Empty, or why it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines()
    return f"{Path(command[0]).name} failed: {said[-1] if said else f'exit code {done.returncode}'}"
