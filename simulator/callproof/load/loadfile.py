"""``load.yaml``, with ``schemas/load.json``: what to run and what it has to keep."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from callproof.contract.guide import CLIENT_ID
from callproof.contract.jsontypes import Json, JsonObject
from callproof.contract.schemas import load
from callproof.files.yamlfile import Document, FileError, Path_
from callproof.load import curve
from callproof.load.curve import Curve
from callproof.load.job import CRM, Job, Samples
from callproof.load.thresholds import RATES, Threshold, ThresholdError, parse
from callproof.traffic.arrivals import Source
from callproof.traffic.mix import Mix, load_mix

SHOULDER = 0.5
# What a run has to keep when the file does not say it.
USUAL = ("failed == 0", "unfinished == 0", "lost == 0", "doubled == 0", "arrival rate within 2 %")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Load:
    job: Job
    thresholds: tuple[Threshold, ...]


def load_file(file: str) -> Load:
    """Raises FileError, which names the line, for anything wrong in the file."""
    return _File(Document(Path(file)), Path(file).parent).load()


def seconds(value: Json) -> float:
    """``90``, ``"90s"``, ``"10m"``, ``"2h"`` or ``"1d"``, as the schema lets through."""
    if isinstance(value, str):
        return float(value[:-1]) * _SECONDS[value[-1]]
    return float(cast(float, value))


def per_second(value: Json) -> float:
    """``20``, ``"20/s"``, ``"1200/min"`` or ``"72000/h"``, as the schema lets through."""
    if isinstance(value, str):
        number, unit = re.split(r"(?=/)", value)
        return float(number) * RATES[unit]
    return float(cast(float, value))


class _File:
    def __init__(self, document: Document, folder: Path) -> None:
        document.demand(load("load"), document.data)
        self._document, self._folder = document, folder
        self._data = cast(JsonObject, document.data)

    def load(self) -> Load:
        data, target, limits = self._data, self._part("target"), self._part("limits")
        model, mix = str(data["model"]), self._mix()
        if model == CRM:
            mix = replace(mix, incoming=0.0)
        urls = target["url"] if isinstance(target["url"], list) else [target["url"]]
        job = Job(
            run="",
            model=model,
            urls=tuple(str(url).rstrip("/") for url in urls),
            curve=self._curve(mix),
            seed=cast(int, data.get("seed", 1)),
            mix=mix,
            source=Source(self._texts("customers"), self._texts("lines")),
            extensions=cast("Mapping[str, int]", data.get("extensions") or {}),
            client_id=str(data.get("client-id") or CLIENT_ID),
            api_key=str(target.get("api-key") or ""),
            token=str(target.get("control-token") or ""),
            control=bool(target.get("control", True)),
            timezone=self._zone(str(target.get("timezone") or "UTC")),
            speed=float(cast(float, data.get("speed", 1.0))),
            upload_every=seconds(data.get("upload-every", 0)),
            most=cast(int, limits.get("under-way", Job.most)),
            connections=cast(int, limits.get("connections", Job.connections)),
            timeout=seconds(limits.get("timeout", Job.timeout)),
            drain=seconds(limits.get("drain", Job.drain)),
            make_call_url=str(target.get("make-call-url") or ""),
            status_url=str(target.get("status-url") or ""),
            records=tuple(cast(list[str], target.get("records") or ())),
            record_host=str(data.get("record-host") or Job.record_host),
            samples=Samples(**cast("dict[str, int]", self._part("samples"))),
        )
        self._check(job)
        return Load(job, self._thresholds())

    def _part(self, name: str) -> JsonObject:
        return cast(JsonObject, self._data.get(name) or {})

    def _texts(self, name: str) -> tuple[str, ...]:
        return tuple(cast(list[str], self._data.get(name) or ()))

    def _check(self, job: Job) -> None:
        for url in job.urls:
            if not urlsplit(url).hostname:
                raise self._document.error(("target", "url"), f"{url!r} is no address")
        if job.model == CRM and not job.control:
            if not job.make_call_url:
                raise self._document.error(("target",), "a foreign PBX needs a make-call-url")
            if not job.extensions:
                raise self._document.error((), "a foreign PBX needs extensions")

    def _zone(self, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            raise self._document.error(
                ("target", "timezone"), f"there is no time zone {name!r}; try Europe/Moscow"
            ) from None
        return name

    def _mix(self) -> Mix:
        return load_mix(str(self._folder / str(self._data["mix"]))) if "mix" in self._data else Mix()

    def _curve(self, mix: Mix) -> Curve:
        rate, duration = per_second(self._data["rate"]), seconds(self._data["duration"])
        if not duration:
            raise self._document.error(("duration",), "no call begins in a duration of 0")
        shape = self._data.get("shape", "constant")
        kind, said = (shape, {}) if isinstance(shape, str) else next(iter(cast(JsonObject, shape).items()))
        told, where = cast(JsonObject, said), ("shape", str(kind))
        match kind:
            case "ramp":
                return curve.ramp(per_second(told["from"]), rate, duration)
            case "spike":
                return self._spike(rate, duration, told, where)
            case "day":
                hours = tuple(cast(list[float], told.get("hours") or mix.hours))
                if not any(hours):
                    raise self._document.error((*where, "hours"), "one of the hours must be above 0")
                return curve.day(rate, hours, duration)
            case "busy-hour":
                return curve.busy_hour(rate, float(cast(float, told.get("shoulder", SHOULDER))), duration)
            case _:
                return curve.constant(rate, duration)

    def _spike(self, rate: float, duration: float, told: JsonObject, where: Path_) -> Curve:
        at, lasts = seconds(told["at"]), seconds(told["lasts"])
        if at + lasts > duration or not lasts:
            raise self._document.error(where, f"the spike must lie within the {duration:g} s of the run")
        return curve.spike(rate, per_second(told["to"]), at, lasts, duration)

    def _thresholds(self) -> tuple[Threshold, ...]:
        found = []
        for place, text in enumerate(cast(list[str], self._data.get("thresholds") or USUAL)):
            try:
                found.append(parse(text))
            except ThresholdError as error:
                raise self._document.error(("thresholds", place), str(error)) from None
        return tuple(found)


__all__ = ["FileError", "Load", "load_file", "per_second", "seconds"]
