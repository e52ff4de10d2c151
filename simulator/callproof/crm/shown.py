"""What the CRM's control API shows of what the CRM keeps."""

from collections.abc import Mapping

from callproof.crm.rules.model import Card, Initiation, Module


def card(kept: Card) -> Mapping[str, object]:
    return {
        "id": kept.id,
        "direction": kept.direction,
        "phone": kept.phone,
        "userId": kept.user_id,
        "code": kept.code,
        "callExternalId": kept.call_external_id,
        "externalPhone": kept.external_phone,
        "shop": kept.shop,
        "customerId": kept.customer_id,
        "open": kept.closed_at is None,
        "hangupStatus": kept.hangup_status,
    }


def initiation(kept: Initiation) -> Mapping[str, object]:
    return {
        "id": kept.id,
        "userId": kept.user_id,
        "phone": kept.phone,
        "code": kept.code,
        "module": kept.module,
        "url": kept.url,
        "status": kept.status,
        "succeeded": kept.status == 200,
        "outcome": kept.outcome,
    }


def module(kept: Module) -> Mapping[str, object]:
    return {
        "code": kept.code,
        "clientId": kept.client_id,
        "makeCallUrl": kept.make_call_url,
        "changeUserStatusUrl": kept.change_user_status_url,
        "extensions": {extension.code: extension.user_id for extension in kept.extensions},
        "lines": {line.phone: line.site_code for line in kept.lines},
    }
