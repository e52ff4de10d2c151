"""What memory knows of a table is what the tables of databases say."""

import pytest
from sqlalchemy import JSON, MetaData, Table

from callproof.crm.store import shapes as crm_shapes
from callproof.crm.store import tables as crm_tables
from callproof.pbx.store import shapes as pbx_shapes
from callproof.pbx.store import tables as pbx_tables
from callproof.storage.memory import Shape

# What memory keeps in another way, or not at all.
ELSEWHERE = {"crm_marks", "crm_spent", "crm_customer_phones", "crm_journal", "crm_journal_last"}
ENDS = {"crm": (crm_shapes, crm_tables.crm), "pbx": (pbx_shapes, pbx_tables.pbx)}


def described(table: Table) -> tuple[str, tuple[str, ...], set[str], set[str]]:
    documents = {column.name: column.type for column in table.columns if isinstance(column.type, JSON)}
    gaps = {name for name, kind in documents.items() if kind.none_as_null}
    return table.name, tuple(table.columns.keys()), set(documents), gaps


@pytest.mark.parametrize("end", sorted(ENDS))
def test_every_table_has_the_shape_that_memory_gives_its_rows(end: str) -> None:
    module, metadata = ENDS[end]
    assert isinstance(metadata, MetaData)
    shapes = [one for one in vars(module).values() if isinstance(one, Shape)]
    wanted = [described(table) for name, table in metadata.tables.items() if name not in ELSEWHERE]
    found = [(shape.name, shape.columns, set(shape.documents), set(shape.gaps)) for shape in shapes]
    assert sorted(found, key=str) == sorted(wanted, key=str)
