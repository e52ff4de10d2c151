"""A page opened in the default browser of whoever started us."""

import webbrowser
from collections.abc import Callable
from threading import Thread


def open_page(url: str, say: Callable[[str], object]) -> None:
    """Does not wait: a browser that was named by BROWSER may run until somebody closes it.

    What goes wrong is said in one sentence; serving goes on.
    """

    def try_it() -> None:
        try:
            opened = webbrowser.open(url)
        except (webbrowser.Error, OSError):
            opened = False
        if not opened:
            say(f"No browser could be opened. Open {url} yourself.")

    Thread(target=try_it, name="browser", daemon=True).start()
