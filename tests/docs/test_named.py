"""Whatever there is to call, to set, to read or to meet stands on a page."""

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

import pytest

import callproof
from callproof.contract.jsontypes import JsonObject
from callproof.contract.operations import OPERATIONS
from callproof.contract.requirements import all_requirements
from callproof.contract.schemas import load
from callproof.errors import INTERRUPTED, CallproofError
from callproof.exchange.faults import catalogue
from callproof.running import opposite
from tests.docs.snippets import PAGES, ROOT
from tools.reference_pages import FILES
from tools.tables import keys

# Requests that pages of the ends make by themselves; people get there by what they click on.
OF_PAGES = {
    "/bench/rows/{name}",
    "/bench/scenarios/report",
    "/bench/schemas/{name}",
    "/docs/{path}",
    "/live",
    "/orders/{number}/edit",
    "/other",
    "/pages/{name}",
    "/recording",
}


@cache
def said() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def modules() -> list[str]:
    found = pkgutil.walk_packages(callproof.__path__, "callproof.")
    return [module.name for module in found if not module.name.endswith("__main__")]


def test_every_method_of_the_contract_is_on_its_page() -> None:
    for operation in OPERATIONS:
        assert f"| `{operation.name}` | " in page("methods.md")
        assert operation.path in page("methods.md")


@pytest.mark.parametrize("end", ["crm", "pbx"])
def test_every_page_and_every_route_of_the_control_api_is_named(end: str) -> None:
    app = callproof.crm_app() if end == "crm" else callproof.pbx_app()
    routes = page("control-api.md")
    missing = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule))
        if path.startswith("/_bench"):
            verbs = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            missing |= {f"{verb} {path}" for verb in verbs if f"`{verb} {path}`" not in routes}
        elif not path.startswith(("/api", "/callbacks", "/recordings")) and "GET" in (rule.methods or ()):
            named = re.escape(path).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.sub(r"{\w+}", r"[\\w.-]+", named)
            if path not in OF_PAGES and not re.search(
                f"`(?:GET )?(?:http://[\\w.:]+)?{pattern}[`?]", said()
            ):
                missing.add(path)
    assert missing == set()


def test_every_row_and_every_fault_is_on_its_page() -> None:
    assert [row for row in all_requirements() if f"| {row} |" not in page("contract.md")] == []
    assert [fault for fault in catalogue() if f"| `{fault}` |" not in page("faults.md")] == []


def variables() -> Iterator[str]:
    """The environment variables that the package reads by name, but for those of options."""
    for name in modules():
        module = importlib.import_module(name)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"os\.(environ\.(get|pop|setdefault)|getenv)", ast.unparse(node.func)
            ):
                asked = node.args[0]
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                asked = node.slice
            else:
                continue
            if isinstance(asked, ast.Constant):
                yield str(asked.value)
            elif isinstance(asked, ast.Name) and isinstance(getattr(module, asked.id, None), str):
                yield getattr(module, asked.id)


def test_every_variable_that_is_read_by_name_is_on_a_page() -> None:
    found = set(variables())
    assert {"CALLPROOF_DEBUG", "GITHUB_ACTIONS", "CI"} <= found
    assert [name for name in found if not re.search(rf"`{name}\b", said())] == []


def test_every_variable_of_an_option_is_on_the_page_of_commands_or_of_load() -> None:
    read = set(re.findall(r'env_var="(\w+)"', (ROOT / "locustfile.py").read_text("utf-8")))
    assert [name for name in read if name not in page("commands.md") + page("load.md")] == []


class Started(Exception):
    """What would have been started, with this environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment


@pytest.mark.parametrize("side", ["crm", "pbx"])
def test_every_variable_that_a_started_side_is_given_is_on_a_page(
    side: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def running(_start: object, _folder: object, environment: Mapping[str, str], _trust: object) -> None:
        raise Started(environment)

    monkeypatch.setattr(opposite, "running", running)
    file = tmp_path / "callproof.yaml"
    file.write_text(
        f"target: {side}\nurl: http://127.0.0.1:$port\napi-key: 0123456789abcdef\ntls: {{}}\n"
        "start: {command: [run], ready: http://127.0.0.1:$port}\nabsent: [set-up]\n"
    )
    with pytest.raises(Started) as started, opposite.opposite(callproof.load_target(file), 1, strict=False):
        pass
    named = set(re.findall(r"\bCALLPROOF_\w+", page("target.md")))
    assert set(started.value.environment) - named == set()


def errors(root: type[CallproofError]) -> Iterator[type[CallproofError]]:
    for error in root.__subclasses__():
        yield error
        yield from errors(error)


def test_every_exit_code_is_on_the_page_of_reports() -> None:
    for name in modules():
        importlib.import_module(name)
    table = re.findall(r"(?m)^\| (\d+) \|", page("reports.md"))
    ours = {error.exit_code for error in errors(CallproofError)}
    assert ours | {0, INTERRUPTED} <= {int(code) for code in table}


def inside(schema: JsonObject, name: str) -> dict[str, JsonObject]:
    return cast(dict[str, JsonObject], schema.get(name, {}))


def undescribed(schema: JsonObject, path: str = "") -> Iterator[str]:
    """Members without a description, in the schema and its parts."""
    for name, inner in inside(schema, "properties").items():
        if not {"description", "$ref"} & set(inner):
            yield f"{path}/{name}"
        yield from undescribed(inner, f"{path}/{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from undescribed(cast(JsonObject, schema[name]), f"{path}/{name}")
    for name, inner in inside(schema, "$defs").items():
        yield from undescribed(inner, f"#{name}")


@pytest.mark.parametrize("schema_id", [*FILES, "target", "load", "numbering-plan", "traffic-mix"])
def test_every_member_of_a_file_is_described(schema_id: str) -> None:
    assert list(undescribed(load(schema_id))) == []
    assert list(keys(load(schema_id)))


def test_every_key_of_a_scenario_is_on_its_page() -> None:
    text = page("scenarios.md")
    parts = [load("scenario"), *inside(load("scenario"), "$defs").values()]
    names = {name for part in parts for name in inside(part, "properties")}
    assert len(names) > 30
    assert [name for name in names if not re.search(rf"[`\n ]{name}[`:\n]", text)] == []


def test_every_schema_is_behind_a_page_or_is_the_contract() -> None:
    ours = {file.stem for file in (ROOT / "schemas").glob("*.json")}
    assert ours == {*FILES, "target", "load", "numbering-plan", "traffic-mix", "scenario"}
