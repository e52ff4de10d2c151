"""``load.yaml``, with ``schemas/load.json``: what to run and what it has to keep."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from msgspec.structs import replace

from callproof.clocks.durations import seconds
from callproof.conformance.target import Target, load_target
from callproof.contract.dates import zone_problem
from callproof.contract.operations import Side
from callproof.contract.schemas import load
from callproof.exchange import trust
from callproof.files.typed import typed
from callproof.files.yamlfile import Document, FileError
from callproof.load import curve
from callproof.load.curve import Curve
from callproof.load.job import CRM, Job
from callproof.load.loadform import DayShape, LoadForm, SpikeShape, Written
from callproof.load.target import foreign_lacks
from callproof.load.thresholds import RATES, Threshold, ThresholdError, parse_for
from callproof.traffic.arrivals import Source
from callproof.traffic.mix import Mix, load_mix

# In the address of a callproof.yaml, for a side that the check starts.
PORT = "$port"
# What a run has to keep when the file does not say it.
USUAL = ("failed == 0", "unfinished == 0", "lost == 0", "doubled == 0", "arrival rate within 2 %")


@dataclass(frozen=True)
class Load:
    """``control`` is whether the target is one of callproof's ends, None for whoever has to find out, and
    ``target`` what a callproof.yaml says of it. Of each of the ``thresholds`` that stand in the file
    ``places`` has the file:line; the usual ones have none."""

    job: Job
    thresholds: tuple[Threshold, ...]
    places: tuple[str, ...] = ()
    control: bool | None = None
    target: Target | None = None


def load_file(file: str) -> Load:
    """Raises FileError, which names the line, for anything wrong in the file."""
    if not Path(file).exists():
        raise FileError(file, 1, "there is no such file; callproof init --load writes one")
    document = Document(Path(file))
    document.demand(load("load"), document.data)
    form = typed(document, LoadForm)
    mix = load_mix(str(Path(file).parent / form.mix)) if form.mix else Mix()
    return _FormReader(document, form, mix).load()


def per_second(told: Written) -> float:
    """``20``, ``"20/s"``, ``"1200/min"`` or ``"72000/h"``, as the schema lets through."""
    if not isinstance(told, str):
        return told
    number, unit = re.split(r"(?=/)", told)
    return float(number) * RATES[unit]


class _FormReader:
    def __init__(self, document: Document, form: LoadForm, mix: Mix) -> None:
        self._document, self._form = document, form
        self._mix = replace(mix, incoming=0.0) if form.model == CRM else mix

    def load(self) -> Load:
        form, target, limits = self._form, self._form.target, self._form.limits
        told = self._config(target.config)
        job = Job(
            run="",
            model=form.model,
            urls=self._urls(target.urls, told),
            curve=self._curve(),
            seed=form.seed,
            mix=self._mix,
            source=Source(form.customers, form.lines),
            extensions=form.extensions,
            client_id=form.client_id or told.client_id,
            api_key=target.api_key or told.api_key,
            token=target.control_token,
            control=target.control is not False,
            ca=(*told.trust.files, *self._cas(target.ca)),
            timezone=self._zone(target.timezone or told.account.timezone),
            speed=form.speed,
            upload_every=seconds(form.upload_every),
            most=limits.under_way,
            connections=limits.connections,
            timeout=seconds(limits.timeout),
            drain=seconds(limits.drain),
            make_call_url=target.make_call_url,
            status_url=target.status_url,
            records=target.records,
            record_host=form.record_host,
            samples=form.samples,
        )
        self._check(job)
        return Load(
            job, self._thresholds(), self._places(), target.control, told if target.config else None
        )

    def _config(self, name: str) -> Target:
        """What the file of that name says of the target; nothing at all where none is named."""
        side = Side.PBX if self._form.model == CRM else Side.CRM
        if not name:
            return Target(side, Path())
        found = load_target(str(Path(self._document.name).parent / name))
        if found.side is not side:
            problem = f"{name} is about a {found.side}, and {self._form.model} loads a {side}"
            raise self._document.error(("target", "config"), problem)
        return found

    def _urls(self, named: tuple[str, ...], told: Target) -> tuple[str, ...]:
        if not named and told.url and PORT not in told.url:
            return (told.url.rstrip("/"),)
        if not named:
            why = f"; {self._form.target.config} leaves the port open" if told.url else ""
            raise self._document.error(("target",), f"a url says where the target listens{why}")
        return named

    def _check(self, job: Job) -> None:
        for url in job.urls:
            if not urlsplit(url).hostname:
                raise self._document.error(("target", "url"), f"{url!r} is no address")
        if not job.control and (lacks := foreign_lacks(job)):
            raise self._document.error(("target",), lacks)

    def _cas(self, names: tuple[str, ...]) -> tuple[str, ...]:
        files = tuple(str(Path(self._document.name).parent / name) for name in names)
        for number, file in enumerate(files):
            if said := trust.problem(file):
                raise self._document.error(("target", "ca", number), f"{names[number]} {said}")
        return files

    def _zone(self, name: str) -> str:
        if problem := zone_problem(name):
            raise self._document.error(("target", "timezone"), problem)
        return name

    def _curve(self) -> Curve:
        rate, duration = per_second(self._form.rate), seconds(self._form.duration)
        if not duration:
            raise self._document.error(("duration",), "no call begins in a duration of 0")
        shape = self._form.shaped
        if shape.ramp:
            return curve.ramp(per_second(shape.ramp.first), rate, duration)
        if shape.spike:
            return self._spike(rate, duration, shape.spike)
        if shape.day:
            return self._day(rate, duration, shape.day)
        if shape.busy_hour:
            return curve.busy_hour(rate, shape.busy_hour.shoulder, duration)
        return curve.constant(rate, duration)

    def _spike(self, rate: float, duration: float, shape: SpikeShape) -> Curve:
        at, lasts = seconds(shape.at), seconds(shape.lasts)
        if at + lasts > duration or not lasts:
            message = f"the spike must lie within the {duration:g} s of the run"
            raise self._document.error(("shape", "spike"), message)
        return curve.spike(rate, per_second(shape.to), at, lasts, duration)

    def _day(self, rate: float, duration: float, shape: DayShape) -> Curve:
        hours = shape.hours or self._mix.hours
        if not any(hours):
            raise self._document.error(("shape", "day", "hours"), "one of the hours must be above 0")
        return curve.day(rate, hours, duration)

    def _thresholds(self) -> tuple[Threshold, ...]:
        found = []
        for place, text in enumerate(self._form.thresholds or USUAL):
            try:
                found.append(parse_for(self._form.model, text))
            except ThresholdError as error:
                raise self._document.error(("thresholds", place), str(error)) from None
        return tuple(found)

    def _places(self) -> tuple[str, ...]:
        said = range(len(self._form.thresholds))
        return tuple(f"{self._document.name}:{self._document.line(('thresholds', n))}" for n in said)
