"""The knob in locust's page: how many times the planned rate calls begin at, turned while a run goes on."""

from collections.abc import Callable
from typing import Protocol

import msgspec
from flask import Flask, Response, jsonify, request

from callproof import kinds
from callproof.errors import Misuse

View = Callable[[], Response]
INDEX = "locust.index"
MOST = 100.0
_PANEL = """\
<form id="callproof-rate" style="position:fixed;left:16px;bottom:16px;z-index:9;display:none;gap:8px;
align-items:center;padding:8px 12px;border-radius:6px;background:#15803d;color:#fff;font:14px sans-serif">
<label>Rate: the plan times
<input name="times" type="number" min="0" max="100" step="any" value="1"
style="width:5em;font:inherit"></label>
<button style="font:inherit">Set</button><span></span></form>
<script>
(() => {
  const form = document.getElementById("callproof-rate");
  const show = (told) => {
    form.style.display = told.goes ? "flex" : "none";
    document.body.style.paddingBottom = told.goes ? "64px" : "";
    form.querySelector("span").textContent =
      told.problem || `now ${told.times} times, ${told.rate.toFixed(2)} calls/s`;
  };
  const ask = (options) =>
    fetch("./callproof/rate", options).then((answer) => answer.json()).then(show).catch(() => {});
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask({
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify({times: form.elements.times.valueAsNumber}),
    });
  });
  setInterval(() => ask(), 1000);
  ask();
})();
</script>
"""


class TurnedTo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    times: float


class Turned(Protocol):
    """The run that the knob turns."""

    @property
    def times(self) -> float: ...

    @property
    def rate(self) -> float: ...

    def turn(self, times: float) -> None: ...


def extend(
    app: Flask, prefix: str, run: Callable[[], Turned | None], guard: Callable[[View], View]
) -> None:
    """Put the knob into the page. ``run`` is what goes on, ``guard`` keeps out who is not let in."""

    def rate() -> Response:
        found, problem = run(), ""
        if request.method == "POST":
            try:
                _turn(found, request.get_data())
            except Misuse as error:
                problem = str(error)
        answer = jsonify(
            goes=found is not None,
            times=found.times if found else 1.0,
            rate=found.rate if found else 0.0,
            problem=problem,
        )
        answer.status_code = 400 if problem else 200
        return answer

    app.add_url_rule(f"{prefix}/callproof/rate", view_func=guard(rate), methods=["GET", "POST"])

    @app.after_request
    def add(response: Response) -> Response:
        if request.endpoint == INDEX and response.status_code == 200:
            response.set_data(response.get_data(as_text=True).replace("</body>", f"{_PANEL}</body>"))
        return response


def _turn(run: Turned | None, body: bytes) -> None:
    """Raises Misuse."""
    if run is None:
        raise NotTurned("No run goes on whose rate could be changed.")
    try:
        times = kinds.decode(body, TurnedTo).times
    except msgspec.MsgspecError:
        times = -1.0
    if not 0 <= times <= MOST:
        raise NotTurned(f'Send {{"times": ...}} with a number from 0 to {MOST:g}.')
    run.turn(times)


class NotTurned(Misuse):
    """The rate stays what it is."""
