"""The exchange's side of the CRM's API, and the outbox of what the CRM has not taken yet."""

import json

import requests

# A caller is waiting: after so many seconds the call goes on without the CRM.
LOOKUP_SECONDS = 2
TIMEOUT_SECONDS = 5
AGAIN_SECONDS = 2
AT_ONCE = 50


class Crm:
    def __init__(self, url: str, api_key: str):
        self.url = url
        self.http = requests.Session()
        self.http.headers["X-API-KEY"] = api_key

    def register(self, code: str, module: dict):
        answer = self.post(f"integration-modules/{code}/edit", "integrationModule", module)
        answer.raise_for_status()

    def responsible(self, phone: str) -> str | None:
        """The extension of the customer's manager, if there is one and the CRM says so in time."""
        try:
            answer = self.http.get(
                f"{self.url}/api/v5/telephony/manager",
                params={"phone": phone, "details": 0},
                timeout=LOOKUP_SECONDS,
            )
            return answer.json().get("manager", {}).get("code")
        except (requests.RequestException, ValueError):
            return None

    def post(self, path: str, name: str, structure) -> requests.Response:
        return self.http.post(
            f"{self.url}/api/v5/{path}", data={name: json.dumps(structure)}, timeout=TIMEOUT_SECONDS
        )


class Outbox:
    """In order: events at once, history rows when they are due, both again when the CRM could not."""

    def __init__(self, crm: Crm, now):
        self.crm = crm
        self.now = now
        self.every, self.begun = 0.0, 0.0
        self.clear()

    def clear(self):
        self.events, self.rows, self.quiet_until = [], [], 0.0

    def event(self, event: dict):
        self.events.append(event)
        self.deliver()

    def row(self, row: dict):
        """Due at once, or with the next of the uploads that come ``every`` so many seconds."""
        due = self.now()
        if self.every:
            due = self.begun + ((due - self.begun) // self.every + 1) * self.every
        self.rows.append((due, row))
        self.deliver()

    def deliver(self):
        while self.events and self.now() >= self.quiet_until:
            if self.taken("telephony/call/event", "event", self.events[0]):
                self.events.pop(0)
        while self.now() >= self.quiet_until:
            batch = [row for due, row in self.rows if due <= self.now()][:AT_ONCE]
            if not batch or self.events:
                return
            if self.taken("telephony/calls/upload", "calls", batch):
                self.rows = [(due, row) for due, row in self.rows if row not in batch]

    def taken(self, path: str, name: str, structure) -> bool:
        """Whether this is over: the CRM took it, or refused it for good."""
        try:
            status = self.crm.post(path, name, structure).status_code
        except requests.RequestException:
            status = 503
        if status == 429 or status >= 500:
            self.quiet_until = self.now() + AGAIN_SECONDS
            return False
        return True
