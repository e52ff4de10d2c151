"""YAML that remembers its lines, so that an error can point at the place that a person has to change.

PyYAML's nodes know their lines and its values do not; walking both together is all that is ours.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from callproof.contract import compiled, plain_yaml
from callproof.contract.jsontypes import Json, JsonObject
from callproof.errors import Misuse
from callproof.limits import USUAL

if TYPE_CHECKING:
    import yaml
    from jsonschema.exceptions import ValidationError

    # Told apart by their id: PyYAML is imported when there is something to read.
    _Node: TypeAlias = yaml.ScalarNode | yaml.SequenceNode | yaml.MappingNode

_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null", "timestamp")}

_DATE = "tag:yaml.org,2002:timestamp"
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
TOO_LARGE = f"the file has more than {USUAL.file_bytes} bytes"
_TOO_DEEP = (
    f"lists and maps stand more than {USUAL.file_depth} deep in each other, or an alias holds itself"
)

Path_ = tuple[str | int, ...]


class FileError(Misuse):
    """A file cannot be used; the text begins with ``file:line``."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")


class Document:
    """The data of one file and the line on which each part of it begins."""

    def __init__(self, path: Path, shown_as: str = "", text: str | None = None) -> None:
        """``text`` is what would stand in the file, if there is none.

        Raises FileError when the file cannot be read or is no YAML.
        """
        import yaml

        self.name = shown_as or str(path)
        self._lines: dict[Path_, int] = {}
        try:
            content = _read(path) if text is None else text
            if len(content) > USUAL.file_bytes:
                raise FileError(self.name, 1, TOO_LARGE)
            loader = plain_yaml.loader()(content)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            raise FileError(self.name, 1, f"the file cannot be read: {reason}") from None
        try:
            node = loader.get_single_node()
            if node is not None:
                self._read(cast("_Node", node), (), 0)
            self.data: object = loader.construct_document(node) if node is not None else None
        except RecursionError:
            raise FileError(self.name, 1, _TOO_DEEP) from None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or str(error).splitlines()[0]
            # An end that comes too soon may be marked on the line after the last.
            line = min(mark.line + 1, len(content.splitlines())) if mark else 1
            raise FileError(self.name, line, f"no YAML: {problem}") from None
        finally:
            loader.dispose()

    def line(self, path: Path_) -> int:
        """Where the part begins; a part that is missing begins where its parent does."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def error(self, path: Path_, message: str) -> FileError:
        return FileError(self.name, self.line(path), message)

    def demand(self, schema: JsonObject, value: object, path: Path_ = ()) -> None:
        """Raises FileError for the outermost thing about a part that its schema does not allow."""
        if compiled.keeping(schema)(cast(Json, value)):
            return
        # Only here, for the words: it takes its time to be imported.
        from jsonschema import Draft202012Validator

        errors = sorted(Draft202012Validator(schema).iter_errors(value), key=lambda e: len(e.absolute_path))
        if errors:
            where = (*path, *errors[0].absolute_path)
            name = ".".join(str(p) for p in where) or "the file"
            for key, new in _respelt(errors[0]):
                raise self.error((*where, key), f"{name}: {key!r} is now written {new!r}")
            hint = "; put it in quotes" if _wants_quotes(errors[0]) else ""
            raise self.error(where, f"{name}: {errors[0].message}{hint}")

    def _read(self, node: "_Node", path: Path_, depth: int) -> None:
        line = node.start_mark.line + 1
        if depth > USUAL.file_depth:
            raise FileError(self.name, line, _TOO_DEEP)
        if len(self._lines) > USUAL.file_parts:
            raise FileError(
                self.name, line, f"the file has more than {USUAL.file_parts} parts, with those of aliases"
            )
        self._lines.setdefault(path, line)
        if node.id == "scalar" and (problem := _unreadable(cast("yaml.ScalarNode", node))):
            raise FileError(self.name, line, f"{problem}; put it in quotes")
        if node.id == "sequence":
            for index, item in enumerate(node.value):
                self._read(item, (*path, index), depth + 1)
        elif node.id == "mapping":
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if key.tag in _PLAIN:
                    key.tag = "tag:yaml.org,2002:str"  # 0100 is a name, not an octal number
                if name in seen:
                    raise FileError(self.name, key.start_mark.line + 1, f"{name!r} stands twice")
                seen.add(name)
                self._lines[(*path, name)] = key.start_mark.line + 1
                self._read(value, (*path, name), depth + 1)


def _read(path: Path) -> str:
    """Not much more than a file may have, also of one without end."""
    with path.open(encoding="utf-8") as file:
        return file.read(USUAL.file_bytes + 1)


def _unreadable(node: "yaml.ScalarNode") -> str:
    """What is wrong with a number or a date that YAML sees in a text."""
    if node.tag in _NUMBERS and len(node.value) > USUAL.file_digits:
        return f"a number has more than {USUAL.file_digits} digits"
    if node.tag == _DATE:
        from yaml import SafeLoader

        try:
            SafeLoader("").construct_yaml_timestamp(node)
        except ValueError:
            return f"{node.value[:40]} is no date"
    return ""


def _respelt(error: "ValidationError") -> Iterator[tuple[str, str]]:
    """Keys as they were spelt before all of them were kebab-case, each with its spelling of today."""
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        for key in error.instance:
            new = str(key).replace("_", "-").replace(" ", "-")
            if key not in known and new in known:
                yield str(key), new


def _wants_quotes(error: "ValidationError") -> bool:
    """YAML reads 100 as a number and 18:00 as one of base 60."""
    return (
        error.validator == "type"
        and error.validator_value == "string"
        and isinstance(error.instance, int | float)
    )
