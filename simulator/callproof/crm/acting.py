"""What the people who use the CRM do there: at their desks, on its settings page, by the control API."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from callproof.contract.jsontypes import Json
from callproof.contract.phones import digits
from callproof.crm.crm import Crm
from callproof.crm.outgoing import Refused
from callproof.crm.rules.model import Extension, Line, Module, User

_LONGEST = 255
_DIALLED = re.compile(r"[0-9*#]+")
_Row = TypeVar("_Row", Extension, Line)


class Acting:
    """Methods give None for a user or a module that is not there."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    def set_user(self, number: int, changes: Mapping[str, object]) -> User | None:
        """A manager comes online, leaves or changes the status, which the PBX hears of
        (evidence#guide-status)."""
        with self._crm.store.begin() as session:
            user = session.user(number)
            if user is None:
                return None
            changed = replace(user, **changes)  # type: ignore[arg-type]
            session.save_user(changed)
        if changed.status != user.status:
            self._crm.outgoing.notify_status(changed)
        return changed

    def switch_module(self, code: str, changes: Mapping[str, Json]) -> Module | None:
        """An administrator switches a module on or off, or freezes it, which the module hears of
        (evidence#activity)."""
        with self._crm.store.begin() as session:
            module = session.module(code)
            if module is None:
                return None
            changed = replace(module, document={**module.document, **changes})
            session.save_module(changed)
        if changed.document != module.document:
            self._crm.outgoing.tell_activity(code)
        return changed

    def map_module(
        self, code: str, extensions: Sequence[Extension], lines: Sequence[Line]
    ) -> Module | None:
        """A user ties extensions to users and lines to shops by hand (evidence#guide-extensions,
        evidence#guide-lines). Raises Refused where the telephony lets nobody, for what is no extension or
        no number, and for what stands there twice."""
        with self._crm.store.begin() as session:
            module = session.module(code)
            if module is None:
                return None
            if not module.is_telephony:
                raise Refused(f"The module {code} has no telephony settings")
            if not module.allows_edit:
                raise Refused(f"The settings of {code} change through the API alone: allowEdit is false")
            for pair in extensions:
                _demand_text("extension", pair.code)
                # What the telephony itself has registered stays as it is.
                if not _DIALLED.fullmatch(pair.code) and pair not in module.extensions:
                    raise Refused(f"{pair.code[:40]} is no extension, which is dialled: digits, * and #")
            for line in lines:
                _demand_text("line", line.phone)
                if not digits(line.phone):
                    raise Refused(f"The line {line.phone} has no digit")
            if twice := _twice(extensions):
                raise Refused(f"Extension {twice.code} stands there twice for the same user")
            if same := _twice(lines):
                raise Refused(f"The line {same.phone} stands there twice for the same shop")
            changed = module.mapped(extensions, lines)
            session.save_module(changed)
            return changed

    def delete_module(self, code: str) -> Module | None:
        """A user deletes an integration, which allowEdit does not prevent (evidence#guide-registering)."""
        with self._crm.store.begin() as session:
            module = session.module(code)
            if module is not None:
                session.delete_module(code)
            return module


def _twice(rows: Sequence[_Row]) -> _Row | None:
    return next((row for place, row in enumerate(rows) if row in rows[:place]), None)


def _demand_text(what: str, text: str) -> None:
    if not text.strip() or len(text) > _LONGEST or not text.isprintable():
        raise Refused(f"The {what} {text[:40]!r} is none: 1 to {_LONGEST} characters that can be read")
