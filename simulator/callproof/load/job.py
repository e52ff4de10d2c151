"""What a worker has to know of the run; the master sends it, so that workers need no file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from callproof.load.curve import Curve
from callproof.traffic.arrivals import Source
from callproof.traffic.mix import Mix

PBX_FLEET, CRM = "pbx-fleet", "crm"


@dataclass(frozen=True)
class Samples:
    """``conformance`` judges every nth answer of a method, 0 none; the rest are shares of the calls."""

    conformance: int = 100
    card: float = 0.01
    play: float = 0.01
    status: float = 0.1
    record: float = 0.1


@dataclass(frozen=True)
class Job:
    """``run`` begins the names of its calls. ``urls`` are several doors of one account. ``extensions`` are
    the users by extension, ``shop`` is the one whose lines are called. ``ca`` are the CAs that the control
    API's client believes beside the usual ones.

    ``speed`` divides the times of calls. ``upload_every`` is the seconds that a line's outbox collects
    history, 0 uploads each call by itself. ``most`` calls may be under way in one worker. ``timeout`` is
    for one request, ``drain`` for all that is under way when no more calls begin.
    """

    run: str
    model: str
    urls: tuple[str, ...]
    curve: Curve
    seed: int
    mix: Mix
    source: Source
    extensions: Mapping[str, int]
    client_id: str
    shop: str = ""
    api_key: str = ""
    token: str = ""
    ca: tuple[str, ...] = ()
    control: bool = True
    timezone: str = "UTC"
    speed: float = 1.0
    upload_every: float = 0.0
    most: int = 2000
    connections: int = 200
    timeout: float = 30.0
    drain: float = 30.0
    make_call_url: str = ""
    status_url: str = ""
    records: tuple[str, ...] = ()
    record_host: str = "127.0.0.1"
    samples: Samples = field(default_factory=Samples)

    @property
    def slice(self) -> float:
        """Seconds of a point of the curves: whole ones, and at most some hundreds in a run."""
        return float(max(1, round(self.curve.duration / 300)))
