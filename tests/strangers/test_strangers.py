"""Implementations that the checks were not written for are judged rightly; `make strangers` tries all."""

from pathlib import Path

import pytest

from callproof.contract.requirements import all_requirements
from tools.strangers import Stranger, all_strangers, judge, made, sample


def test_ids_are_given_once_and_rows_are_there() -> None:
    ids = [one.id for one in all_strangers()]
    assert sorted(set(ids)) == sorted(ids)
    for one in all_strangers():
        assert {*one.rows, *one.spared} <= set(all_requirements()), one.id
        assert bool(one.rows) is (one.want in ("failed", "red", "passed")), one.id
        assert one.why or one.want != "passed", one.id


def test_every_edit_fits_the_examples(tmp_path: Path) -> None:
    for one in all_strangers():
        for file in made(one, tmp_path).glob("*.py"):
            compile(file.read_text("utf-8"), f"{one.id}/{file.name}", "exec")


@pytest.mark.parametrize("stranger", sample(8), ids=lambda one: one.id)
def test_a_stranger_is_judged_rightly(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = judge(stranger, tmp_path_factory.mktemp("stranger"))
    assert found.right, f"{stranger.what}: {found.found}, {' '.join(found.red)}{found.said}"
