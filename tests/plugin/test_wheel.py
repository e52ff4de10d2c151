"""The wheel, installed into an empty environment, gives an integrator three lines of pytest."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.once import once

ROOT = Path(__file__).resolve().parent.parent.parent
MY_PBX = """
import json

import requests


def post(url, key, path, **form):
    data = {name: json.dumps(value) for name, value in form.items()}
    requests.post(url + path, data=data, headers={"X-API-KEY": key}, timeout=5)


def report_missed_call(url, key, status="no answered"):
    module = {
        "code": "my-pbx", "integrationCode": "my-pbx", "active": True, "name": "My PBX", "clientId": "me",
        "baseUrl": "http://127.0.0.1:9",
        "integrations": {"telephony": {
            "makeCallUrl": "http://127.0.0.1:9/call",
            "additionalCodes": [{"userId": 1, "code": "100"}],
        }},
    }
    post(url, key, "/api/v5/integration-modules/my-pbx/edit", integrationModule=module)
    event = {"phone": "+7 912 345-67-89", "type": "hangup", "codes": ["100"], "hangupStatus": status}
    post(url, key, "/api/v5/telephony/call/event", event=event)
"""
README = (ROOT / "README.md").read_text("utf-8")
TEST = "import my_pbx\n\n" + README.split("```python\n")[1].split("```")[0]


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=240)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done


def fill(folder: Path) -> None:
    """Makes an environment with the wheel, pytest and what both say that they need, and nothing else: the
    locked releases, as they lie beside this interpreter with their bytecode."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    environment = folder / "environment"
    build = [*pip, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run(build, check=True, timeout=120)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    [wheel] = folder.glob("callproof-*.whl")
    install = [*pip, "--python", str(environment / "bin" / "python"), "install", "--no-index", "--no-deps"]
    subprocess.run([*install, "--no-compile", str(wheel)], check=True, timeout=240)
    [packages] = environment.glob("lib/*/site-packages")
    [callproof] = metadata.distributions(path=[str(packages)])
    for needed in closure([*(callproof.requires or ()), "pytest"]):
        for file in needed.files or ():
            # Commands of others lie outside, and are not asked.
            if ".." not in file.parts and (there := Path(str(needed.locate_file(file)))).is_file():
                here = packages / file
                here.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(there, here)


def closure(wanted: list[str]) -> list[metadata.Distribution]:
    """What is installed of these requirements, and of theirs."""
    found: dict[tuple[str, str], metadata.Distribution] = {}
    while wanted:
        requirement = Requirement(wanted.pop())
        for extra in ("", *requirement.extras):
            if (requirement.name, extra) not in found and asked_for(requirement, ""):
                one = found[requirement.name, extra] = metadata.distribution(requirement.name)
                assert one.version in requirement.specifier, requirement
                # What an extra needs is asked for as if it were needed anyway.
                asked = [Requirement(text) for text in one.requires or ()]
                wanted += [str(without_marker(each)) for each in asked if asked_for(each, extra)]
    return list(found.values())


def asked_for(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def without_marker(requirement: Requirement) -> Requirement:
    requirement.marker = None
    return requirement


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter whose environment has the wheel and pytest, and nothing of this repository."""
    return once(tmp_path_factory, "wheel", fill) / "environment" / "bin" / "python"


def test_three_lines_pass_and_a_wrong_request_fails_with_the_difference(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "my_pbx.py").write_text(MY_PBX)
    (tmp_path / "test_calls.py").write_text(TEST)
    passed = run(python, "-m", "pytest", "-q", "-W", "error", folder=tmp_path)
    assert passed.stdout.splitlines()[-1].startswith("1 passed"), passed.stdout
    (tmp_path / "test_calls.py").write_text(TEST.replace("crm.api_key)", 'crm.api_key, "busy")'))
    failed = run(python, "-m", "pytest", "-q", folder=tmp_path)
    assert failed.returncode == 1
    assert "expected a call-event at the CRM, found none that matches" in failed.stdout
    assert "hangupStatus is 'busy', expected 'no answered'" in failed.stdout
    assert "Traceback" not in failed.stdout


def test_the_wheel_brings_the_locustfile_and_not_locust(python: Path) -> None:
    command = [str(python.parent / "callproof"), "load", "--headless"]
    done = subprocess.run(command, env={}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'callproof[load]'" in done.stderr
    where = "from callproof.contract.files import shipped; print(shipped('locustfile.py').read_text())"
    shown = run(python, "-c", where, folder=python.parent)
    assert shown.stdout.rstrip("\n") == (ROOT / "locustfile.py").read_text("utf-8").rstrip("\n")


def test_the_wheel_brings_its_types(python: Path) -> None:
    where = (
        "from importlib.resources import files; found = files('callproof'); "
        "print([(found / name).is_file() for name in ('py.typed', '__init__.pyi')])"
    )
    assert run(python, "-c", where, folder=python.parent).stdout == "[True, True]\n"


def test_the_wheel_brings_the_scenarios_as_tests(python: Path, tmp_path: Path) -> None:
    done = run(python, "-m", "pytest", "-q", "--callproof-scenario", "6-event", folder=tmp_path)
    shipped = len(list((ROOT / "scenarios" / "6-event").glob("*.yaml")))
    assert f"{shipped} passed" in done.stdout, done.stdout


def test_the_wheel_brings_its_sbom(python: Path) -> None:
    [sbom] = python.parent.parent.glob("lib/*/site-packages/callproof-*.dist-info/sboms/*.cdx.json")
    assert sbom.read_bytes() == (ROOT / "locked" / "callproof.cdx.json").read_bytes()


def test_the_same_sources_give_the_same_small_wheel(tmp_path: Path) -> None:
    """Also from files of another age, in another folder, that others may not read."""
    wheels = []
    for name in ("one", "other"):
        source = tmp_path / name
        source.mkdir()
        for part in ("pyproject.toml", "README.md", "LICENSE", "locustfile.py"):
            shutil.copy(ROOT / part, source)
        for part in ("simulator", "schemas", "scenarios", "locked"):
            shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
        if name == "other":
            for file in source.rglob("*.*"):
                os.utime(file, (1e9, 1e9))
                file.chmod(0o600)
        dist = tmp_path / f"{name}-dist"
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
        subprocess.run(
            build, cwd=source, check=True, capture_output=True, timeout=120,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        )  # fmt: skip
        (wheel,) = dist.iterdir()
        wheels.append(wheel.read_bytes())
    assert len({sha256(wheel).hexdigest() for wheel in wheels}) == 1
    assert len(wheels[0]) < 3_000_000
