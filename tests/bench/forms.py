"""A person in front of the pages of an end, without a browser."""

import requests


class Visitor:
    """Opens pages of the end at ``url`` and sends their forms."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, path: str, **headers: str) -> requests.Response:
        return self._session.get(f"{self.url}{path}", headers=headers, timeout=20)

    def page(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send_locked(self, token: str) -> None:
        """Tell the control token."""
        page = self.get("/").text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        sent = {"csrf": csrf, "token": token}
        assert self._session.post(f"{self.url}/unlock", data=sent, timeout=20).status_code == 200

    def send(self, page: str, action: str, **fields: str) -> str:
        """What is shown after a form of the page was sent."""
        answer = self.answer(page, action, **fields)
        assert answer.status_code == 200, answer.text
        return answer.text

    def answer(self, page: str, action: str, **fields: str) -> requests.Response:
        token = self.page(page).partition('name="csrf" value="')[2].partition('"')[0]
        return self._session.post(f"{self.url}{action}", data={"csrf": token, **fields}, timeout=20)
