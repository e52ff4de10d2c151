"""Every command that reads a file, and each broken file: exit code 2, a sentence with the place."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from callproof.cli import main
from callproof.files.yamlfile import FileError
from callproof.load.loadfile import load_file
from tests.fuzz.hostile_files import CASES, YAML, arguments, content


@pytest.mark.parametrize(("reader", "name"), CASES, ids=lambda value: value.replace(" ", "-"))
def test_a_broken_file_is_told_by_its_place(reader: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(content(reader, name))
    result = CliRunner().invoke(main, arguments(reader, str(file)))
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2, result.output
    assert f"{file}:" in result.output.splitlines()[-1], result.output


@pytest.mark.parametrize("name", YAML)
def test_so_is_a_load_file_which_locust_reads(name: str, tmp_path: Path) -> None:
    file = tmp_path / "load.yaml"
    file.write_bytes(YAML[name])
    with pytest.raises(FileError) as refused:
        load_file(str(file))
    assert str(refused.value).startswith(f"{file}:")
