"""The tables of the virtual PBX, each named ``pbx_...``. Moments are seconds since 1970 (UTC)."""

from enum import StrEnum

from sqlalchemy import JSON, Boolean, Column, Enum, Float, Integer, MetaData, String, Table

from callproof.pbx.rules.call import Call
from callproof.pbx.rules.outbox import Fate, ReportKind
from callproof.storage.schema import DOCUMENTS

pbx = MetaData(info={DOCUMENTS: (Call,)})


def _word(kind: type[StrEnum]) -> Enum:
    """A short text that is one of the values."""
    return Enum(kind, native_enum=False, length=10, values_callable=list)


calls = Table(
    "pbx_calls",
    pbx,
    Column("position", Integer, primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("document", JSON, nullable=False),
)

outbox = Table(
    "pbx_outbox",
    pbx,
    Column("id", Integer, primary_key=True),
    Column("call_id", String(64), nullable=False),
    Column("kind", _word(ReportKind), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fate", _word(Fate), nullable=False, index=True),
    Column("answer", String, nullable=False),
    Column("alone", Boolean, nullable=False),
)

statuses = Table(
    "pbx_statuses",
    pbx,
    Column("extension", String(64), primary_key=True),
    Column("status", String(10), nullable=False),
)
