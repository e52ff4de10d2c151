"""Routes of an end's Flask app."""

from collections.abc import Callable

from werkzeug.routing import Rule


class MatchedRule(Rule):
    """A rule that only matches. Nothing here builds addresses, and compiling a builder for every rule is
    most of what it costs to make an app."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return _no_address


def _no_address(_rule: Rule, **_values: object) -> tuple[str, str]:
    raise NotImplementedError("The rules of this app build no addresses")
