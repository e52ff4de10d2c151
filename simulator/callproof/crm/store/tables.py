"""The tables of the CRM, each named ``crm_...``.

Moments are seconds since 1970 (UTC). ``document`` columns hold what was sent, with canonical types.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from callproof.storage.journal import journal_tables
from callproof.storage.names import NAME

crm = MetaData()

grants = Table(
    "crm_grants",
    crm,
    Column("key", NAME, primary_key=True),
    Column("scopes", JSON, nullable=False),
    Column("sites", JSON(none_as_null=True)),
)

settings = Table(
    "crm_settings",
    crm,
    Column("name", String(64), primary_key=True),
    Column("content", JSON, nullable=False),
)

marks = Table(
    "crm_marks",
    crm,
    Column("id", Integer, primary_key=True),
    Column("mark", String(32), nullable=False),
)

journal = journal_tables(crm, "crm")

spent = Table(
    "crm_spent",
    crm,
    Column("id", Integer, primary_key=True),
    Column("caller", String, nullable=False),
    Column("purse", String(10), nullable=False),
    Column("at", Float, nullable=False),
    Index("crm_spent_by", "caller", "purse", "at"),
)

modules = Table(
    "crm_modules",
    crm,
    Column("code", NAME, primary_key=True),
    Column("document", JSON, nullable=False),
)

users = Table(
    "crm_users",
    crm,
    Column("id", Integer, primary_key=True),
    Column("email", String, nullable=False),
    Column("first_name", String, nullable=False),
    Column("last_name", String, nullable=False),
    Column("patronymic", String, nullable=False),
    Column("phone", String, nullable=False),
    Column("online", Boolean, nullable=False),
    Column("status", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("is_manager", Boolean, nullable=False),
    Column("groups", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)

groups = Table(
    "crm_groups",
    crm,
    Column("id", Integer, primary_key=True),
    Column("code", NAME, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("is_manager", Boolean, nullable=False),
)

sites = Table(
    "crm_sites",
    crm,
    Column("code", NAME, primary_key=True),
    Column("name", String, nullable=False),
    Column("url", String, nullable=False),
)

customers = Table(
    "crm_customers",
    crm,
    Column("id", Integer, primary_key=True),
    Column("external_id", NAME, unique=True),
    Column("site", NAME),
    Column("manager_id", Integer),
    Column("phones", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("details", JSON, nullable=False),
)

customer_phones = Table(
    "crm_customer_phones",
    crm,
    Column("customer_id", ForeignKey("crm_customers.id", ondelete="CASCADE"), primary_key=True),
    Column("phone_key", String(16), primary_key=True),
    # Whoever looks for a number gets its owners in their order.
    Index("crm_customer_phones_owners", "phone_key", "customer_id"),
)

events = Table(
    "crm_events",
    crm,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("call_external_id", NAME, index=True),
    Column("document", JSON, nullable=False),
)

cards = Table(
    "crm_cards",
    crm,
    Column("id", Integer, primary_key=True),
    Column("direction", String(3), nullable=False),
    Column("phone", String, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("code", String),
    Column("call_external_id", NAME),
    Column("external_phone", String),
    Column("shop", NAME),
    Column("customer_id", Integer),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),
    Column("hangup_status", String(20)),
    Index("crm_cards_open", "closed_at", "call_external_id"),
)

calls = Table(
    "crm_calls",
    crm,
    Column("id", Integer, primary_key=True),
    Column("external_id", NAME, nullable=False, unique=True),
    Column("phone", String, nullable=False),
    Column("user_id", Integer),
    Column("customer_id", Integer),
    Column("uploaded_at", Float, nullable=False),
    Column("document", JSON, nullable=False),
)

documents = Table(
    "crm_documents",
    crm,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("external_id", NAME),
    Column("site", NAME),
    Column("customer_id", Integer, index=True),
    Column("created_at", Float, nullable=False),
    Column("document", JSON, nullable=False),
    Index("crm_documents_external", "kind", "external_id", unique=True),
)

initiations = Table(
    "crm_initiations",
    crm,
    Column("id", Integer, primary_key=True),
    Column("user_id", Integer, nullable=False),
    Column("phone", String, nullable=False),
    Column("code", String, nullable=False),
    Column("module", NAME, nullable=False),
    Column("url", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("status", Integer),
    Column("outcome", String, nullable=False),
)
