"""What a CRM keeps in memory: the tables of ``tables``, without what a database has to know of them."""

from callproof.storage.memory import Shape

GRANTS = Shape("crm_grants", "key scopes sites", "scopes", gaps="sites")
SETTINGS = Shape("crm_settings", "name content", "content")
MODULES = Shape("crm_modules", "code document", "document")
USERS = Shape(
    "crm_users",
    "id email first_name last_name patronymic phone online status active is_admin is_manager groups"
    " created_at",
    "groups",
)
GROUPS = Shape("crm_groups", "id code name is_manager")
SITES = Shape("crm_sites", "code name url")
CUSTOMERS = Shape(
    "crm_customers",
    "id external_id site manager_id phones created_at updated_at details",
    "phones details",
)
EVENTS = Shape("crm_events", "id at call_external_id document", "document")
CARDS = Shape(
    "crm_cards",
    "id direction phone user_id code call_external_id external_phone shop customer_id opened_at closed_at"
    " hangup_status",
)
CALLS = Shape("crm_calls", "id external_id phone user_id customer_id uploaded_at document", "document")
DOCUMENTS = Shape("crm_documents", "id kind external_id site customer_id created_at document", "document")
INITIATIONS = Shape("crm_initiations", "id user_id phone code module url at status outcome")


def version() -> str:
    """The version of the tables, whose rows a database takes as they are here."""
    # Only here: what stays in memory does without SQLAlchemy.
    from callproof.crm.store import tables
    from callproof.storage.schema import version_in_memory

    return version_in_memory(tables.crm)
