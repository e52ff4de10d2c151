"""What the CRM knows: people, shops, customers, connected modules, calls. All of it in memory."""

from datetime import datetime
from threading import RLock

SIGNIFICANT_DIGITS = 10
CUSTOMERS = 20


def digits(number):
    return "".join(filter(str.isdigit, str(number)))


def same_phone(one, other):
    """By the last ten digits, so that +7 912..., 8 912... and 912... meet."""
    key = digits(one)[-SIGNIFICANT_DIGITS:]
    return bool(key) and key == digits(other)[-SIGNIFICANT_DIGITS:]


def written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class Account:
    """Whoever changes something holds ``lock``, and never while the PBX is asked."""

    def __init__(self):
        self.lock = RLock()
        self.reset()

    def reset(self):
        created = written(datetime(2024, 1, 1))
        self.groups = [
            {"id": 1, "name": "Managers", "code": "manager", "isManager": True},
            {"id": 2, "name": "Directors", "code": "director", "isManager": False},
        ]
        self.users = {number: _user(number, created) for number in (1, 2)}
        self.sites = {
            code: {"code": code, "name": code.title(), "url": f"http://{code}.example"}
            for code in ("shop1", "shop2")
        }
        self.customers = [_customer(number, created) for number in range(1, CUSTOMERS + 1)]
        self.modules, self.cards, self.calls, self.initiations = {}, [], [], []

    def add_customer(self, sent: dict) -> dict:
        customer = {**sent, "id": len(self.customers) + 1, "createdAt": written(datetime.now())}
        customer.setdefault("phones", [])
        self.customers.append(customer)
        return customer

    def customer(self, key: str, by: str):
        return next((found for found in self.customers if str(found.get(by)) == key), None)

    def caller(self, phone):
        """The customer with this number: of several the newest, before all one with a manager."""
        same = [c for c in self.customers if any(same_phone(p["number"], phone) for p in c["phones"])]
        return max(same, key=lambda c: ("managerId" in c, c["id"]), default=None)

    def call(self, external_id: str):
        return next((call for call in self.calls if call["externalId"] == external_id), None)

    def telephonies(self) -> list[dict]:
        """The modules that telephony requests are about: switched on, paid for, with telephony settings.

        No request says which module it is from, so all of them are looked into together.
        """
        found = [module for module in self.modules.values() if module["active"] and not module["freeze"]]
        return [module for module in found if "telephony" in module["integrations"]]

    def extensions(self) -> list[dict]:
        return [row for module in self.telephonies() for row in _rows(module, "additionalCodes")]

    def code_of(self, user_id: int):
        return next((row["code"] for row in self.extensions() if row["userId"] == str(user_id)), None)

    def user_of(self, code: str):
        return next((int(row["userId"]) for row in self.extensions() if row["code"] == code), None)

    def shop_of(self, phone):
        lines = [row for module in self.telephonies() for row in _rows(module, "externalPhones")]
        return next((row["siteCode"] for row in lines if same_phone(row["externalPhone"], phone)), None)


def _rows(module: dict, name: str) -> list[dict]:
    return module["integrations"]["telephony"].get(name) or []


def _user(number: int, created: str) -> dict:
    return {
        "id": number,
        "createdAt": created,
        "active": True,
        "email": f"user{number}@crm.example",
        "firstName": ("Anna", "Boris")[number - 1],
        "lastName": "Manager",
        "status": "free",
        "online": True,
        "isAdmin": number == 1,
        "isManager": True,
        "groups": [{"id": 1, "name": "Managers", "code": "manager"}],
    }


def _customer(number: int, created: str) -> dict:
    return {
        "id": number,
        "externalId": f"customer-{number}",
        "createdAt": created,
        "site": f"shop{number % 2 + 1}",
        "managerId": number % 2 + 1,
        "firstName": f"Customer {number}",
        "phones": [{"number": f"+7 (900) 000-00-{number:02}"}],
    }


account = Account()
