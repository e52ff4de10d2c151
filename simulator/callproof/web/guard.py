"""What keeps pages safe: their policy, a token in every form, and the control token where one is set."""

import hashlib
import hmac
import secrets

from flask import Flask, Response, request, session

from callproof.exchange.elsewhere import from_elsewhere

# Nothing inline and nothing from elsewhere; the style sheets have small pictures in them.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
FIELD = "csrf"
_UNLOCKED = "unlocked"


class Guard:
    """``secret`` signs the cookie: the same after a restart, so that an open page goes on. ``token`` is the
    control token, which opens the pages as well."""

    def __init__(self, end: str, secret: str, token: str = "") -> None:
        self._end = end
        self._secret = hashlib.sha256(f"callproof pages of the {end}\0{secret}\0{token}".encode()).digest()
        self._token = token

    def keep(self, app: Flask, address: str) -> None:
        """Cookies know no port, so their name has it."""
        app.secret_key = self._secret
        app.config.update(
            SESSION_COOKIE_NAME=f"callproof_{self._end}_{address.rpartition(':')[2].strip('/')}",
            SESSION_COOKIE_SAMESITE="Strict",
            SESSION_COOKIE_SECURE=address.startswith("https:"),
        )

    @property
    def locked(self) -> bool:
        """Whether the control token has still to be told."""
        return bool(self._token) and not hmac.compare_digest(
            str(session.get(_UNLOCKED, "")).encode(), self._mark().encode()
        )

    def unlock(self, told: str) -> bool:
        if self._token and hmac.compare_digest(told.encode(), self._token.encode()):
            session[_UNLOCKED] = self._mark()
        return not self.locked

    def csrf(self) -> str:
        """What every form of this browser has to send along."""
        if FIELD not in session:
            session[FIELD] = secrets.token_urlsafe(18)
        return str(session[FIELD])

    def is_own(self) -> bool:
        """Whether a POST comes from a page of ours: with its token, and from no other origin."""
        origin = request.headers.get("Origin")
        if from_elsewhere(request.environ):
            return False
        if origin and origin != request.host_url.rstrip("/"):
            return False
        return hmac.compare_digest(request.form.get(FIELD, "").encode(), self.csrf().encode())

    def _mark(self) -> str:
        return hmac.new(self._secret, b"unlocked", "sha256").hexdigest()


def protect(response: Response) -> Response:
    """The headers of every page."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
