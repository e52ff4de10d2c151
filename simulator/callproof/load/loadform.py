"""What stands in ``load.yaml``, after ``schemas/load.json``; times and rates are as they were written."""

import msgspec

from callproof.load.job import Job, Samples

Written = str | float


class _FormPart(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """A mapping of the file; members are kebab-case there."""


class LoadTarget(_FormPart, frozen=True, kw_only=True):
    url: str | tuple[str, ...] = ()
    config: str = ""
    api_key: str = ""
    control: bool | None = None
    control_token: str = ""
    ca: tuple[str, ...] = ()
    timezone: str = ""
    make_call_url: str = ""
    status_url: str = ""
    records: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        urls = (self.url,) if isinstance(self.url, str) else self.url
        return tuple(url.rstrip("/") for url in urls)


class LoadLimits(_FormPart, frozen=True, kw_only=True):
    under_way: int = Job.most
    connections: int = Job.connections
    timeout: Written = Job.timeout
    drain: Written = Job.drain


class RampShape(_FormPart, frozen=True, kw_only=True):
    first: Written = msgspec.field(name="from")


class SpikeShape(_FormPart, frozen=True, kw_only=True):
    to: Written
    at: Written
    lasts: Written


class DayShape(_FormPart, frozen=True, kw_only=True):
    """Without hours those of the mix."""

    hours: tuple[float, ...] = ()


class BusyHourShape(_FormPart, frozen=True, kw_only=True):
    shoulder: float = 0.5


class LoadShape(_FormPart, frozen=True, kw_only=True):
    """One of them; none is a constant rate."""

    ramp: RampShape | None = None
    spike: SpikeShape | None = None
    day: DayShape | None = None
    busy_hour: BusyHourShape | None = None


# The shapes that a word stands for.
BY_WORD = {
    "constant": LoadShape(),
    "day": LoadShape(day=DayShape()),
    "busy-hour": LoadShape(busy_hour=BusyHourShape()),
}


class LoadForm(_FormPart, frozen=True, kw_only=True):
    """The whole file."""

    model: str
    target: LoadTarget
    rate: Written
    duration: Written
    client_id: str = ""
    extensions: dict[str, int] = {}
    lines: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    shape: str | LoadShape = "constant"
    seed: int = 1
    mix: str = ""
    speed: float = 1.0
    upload_every: Written = 0.0
    record_host: str = Job.record_host
    limits: LoadLimits = LoadLimits()
    samples: Samples = Samples()
    thresholds: tuple[str, ...] = ()

    @property
    def shaped(self) -> LoadShape:
        return BY_WORD[self.shape] if isinstance(self.shape, str) else self.shape
