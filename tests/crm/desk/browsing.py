"""A browser without a screen at the CRM's pages, and a PBX for them to ask."""

import re

from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from callproof.running.threads import Address
from tests.support import Account


class Browser:
    """One browser at one CRM; ``act`` fills in what the page's forms would."""

    def __init__(self, account: Account) -> None:
        self.client: FlaskClient = account.client.application.test_client()

    def see(self, path: str = "/", status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status
        return answer.get_data(as_text=True)

    def act(self, path: str, back: str = "/", **form: str | list[str]) -> str:
        """The page that the act leads to."""
        answer = self._post(path, back, form)
        assert answer.status_code == 303
        return self.see(answer.headers["Location"])

    def refused(self, path: str, back: str = "/", **form: str | list[str]) -> str:
        """The form with what was typed, to be mended."""
        answer = self._post(path, back, form)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def _post(self, path: str, back: str, form: dict[str, str | list[str]]) -> TestResponse:
        token = re.findall(r'name="csrf" value="([^"]+)"', self.see())[0]
        return self.client.post(path, data={"csrf": token, "back": back, **form})

    def sign_in(self, user: int = 1) -> "Browser":
        self.act("/sign-in", user=str(user))
        return self


class Listener:
    """A PBX that answers each request with ``answer``."""

    def __init__(self) -> None:
        self.address = Address()
        self.answer = Response("", 200)
        self.app = Flask(__name__)
        self.app.add_url_rule("/<path:path>", view_func=lambda path: self.answer)
