"""The shop that a request speaks for (evidence#rights, evidence#reading-site)."""

from callproof.contract.errors import INVALID, InvalidParameters, ParameterMissing
from callproof.contract.findings import Kind
from callproof.crm.asked import Asked
from callproof.crm.store.sessions import ShortSession


def demand_site(session: ShortSession, asked: Asked, named: str | None) -> str:
    """The shop that the request speaks for; with a key of several shops it has to say
    (evidence#site-parameter)."""
    within = [site.code for site in session.directory().sites if asked.grant.sees(site.code)]
    site = str(asked.query.get("site") or "") or named
    if site is None:
        if len(within) > 1:
            if asked.settings.strict:
                raise ParameterMissing("site")
            asked.remark(
                "/site",
                f"the key covers several shops and none is named; {within[0]} is taken",
                "Send the parameter site.",
                "PBX-CUSTOMER-01",
                Kind.FORGIVEN,
            )
        site = next(iter(within), "")
    if site not in within:
        raise InvalidParameters({"site": INVALID})
    return site
