"""The ``load.yaml`` that ``callproof init --load`` writes: every setting, with what it says; those that may
be left out are comments, with their defaults or an example."""

from callproof.load.job import CRM, PBX_FLEET
from callproof.load.loadfile import USUAL

URL, KEY = "http://127.0.0.1:8080", "0123456789abcdef0123456789abcdef"

_BEGINNING = """\
# What callproof load runs, and what it has to keep. Fill it in, then:
#   callproof load --headless --load-html load.html
# docs/load.md tells how calls are made and counted, docs/load-file.md explains every setting.

# `pbx-fleet`: PBXs tell your CRM of whole calls. `crm`: a CRM asks your PBX to make calls.
model: {model}

target:
"""
_URL = """\
  # Where it listens; several addresses are doors of one account, taken in turn. --host replaces it.
  {mark}url: {url}
"""
_KEY = """\
  # A key with all rights to a test account: the calls stay in its history. CALLPROOF_API_KEY replaces it.
  {mark}api-key: {key}
"""
_CONFIG = """\
  # The callproof.yaml of your CRM. Its url, key and time zone stand in for what is not said here, and its
  # view `calls` tells what the CRM has stored, so that lost calls are found. Without that view the CRM is
  # asked for GET telephony/calls, and without this method nobody knows whether calls were lost.
  {mark}config: callproof.yaml
"""
_TARGET = """\
  # In which its dates are written; this is the default.
  # timezone: UTC
  # A private CA, for callproof's control API and for what is asked before and after the run.
  # ca: [ca.pem]
  # Whether it is one of callproof's ends; by default that is found out.
  # control: true
  # control-token: secret
"""
_PBX = """\
  # Where your PBX takes clicks; a PBX of callproof's needs neither this nor extensions.
  make-call-url: http://127.0.0.1:9000/make-call
  # Where it takes notices of a manager's status.
  # status-url: http://127.0.0.1:9000/status
  # Recordings, one of which is fetched after some calls.
  # records: [http://127.0.0.1:9000/records/1.mp3]
"""
_FLEET_CALLS = """\
# Users by extension; by default all users of the CRM.
# extensions: {"100": 1, "200": 2}
# What customers dial; each collects its own history.
# lines: [+7-499-100-00-01, +7-499-100-00-02]
# Their numbers; by default the CRM's first 2000 customers.
# customers: [+7-900-000-00-01]
# The clientId of the telephony that the load registers, callproof-load.
# client-id: 2dbh26tahjj26sg
"""
_PBX_CALLS = """\
# Users by extension.
extensions: {"100": 1, "200": 2}
# Whom they call.
# customers: [+7-900-000-00-01]
# The clientId with which your PBX has registered itself.
# client-id: 2dbh26tahjj26sg
"""
_RUN = """\
# How many calls begin, in /s, /min or /h, and for how long.
rate: 5/s
duration: 60s
# How the rate changes: constant, day, busy-hour, or one of these.
# shape: {ramp: {from: 1/s}}
# shape: {spike: {to: 20/s, at: 20s, lasts: 10s}}
# Divides the times of calls, which are those of people: with 20 a talk of a minute takes three seconds.
speed: 20
# The same seed makes the same calls.
# seed: 1
# What becomes of calls and how long they last, a file beside this one: docs/traffic-mix.md.
# mix: traffic-mix.yaml
"""
_UPLOADS = """\
# How long a line collects history until it is uploaded, up to 50 calls at once; 0 is each call by itself.
# upload-every: 0
# The address of this machine under which recordings are served to the CRM.
# record-host: 127.0.0.1
"""
_BOUNDS = """\
# What keeps the run bounded: calls and connections of one worker, seconds of one request and of the end.
# limits: {under-way: 2000, connections: 200, timeout: 30, drain: 30}
# What is looked at more closely: every nth answer, and shares of the calls.
# samples: {conformance: 100, card: 0.01, play: 0.01, status: 0.1, record: 0.1}
"""
_THRESHOLDS = """\
# What decides the exit code. These hold when none are named here; lost and doubled are left out where the
# target does not tell what it has stored. Latency counts from when a call was to begin.
# thresholds:
"""


_BY_HAND = """\
  # callproof.yaml leaves the port open, and a load starts nothing. So start your side first, in its folder:
  #   {start}
"""


def written(
    model: str = PBX_FLEET, url: str = "", key: str = "", *, config: bool = False, start: str = ""
) -> str:
    """``url`` and ``key`` as far as they are known; ``config`` says that a callproof.yaml has the rest, and
    ``start`` is the line that starts the side at ``url``, where somebody has to do it."""
    of_crm = model != CRM
    known = config and not url
    target = [_BY_HAND.format(start=start)] if start else []
    target.append(_URL.format(mark="# " if known else "", url=url or URL))
    if of_crm:
        target += [
            _KEY.format(mark="# " if config and not key else "", key=key or KEY),
            _CONFIG.format(mark="" if config else "# "),
        ]
    target += [_TARGET, "" if of_crm else _PBX]
    timed = "call-event" if of_crm else "make-call"
    thresholds = [*USUAL, "p99 < 500 ms", f"p95 of {timed} < 200 ms"]
    return "\n".join(
        [
            _BEGINNING.format(model=model) + "".join(target),
            _FLEET_CALLS if of_crm else _PBX_CALLS,
            _RUN + (_UPLOADS if of_crm else ""),
            _BOUNDS,
            _THRESHOLDS + "".join(f"#   - {threshold}\n" for threshold in thresholds),
        ]
    )
