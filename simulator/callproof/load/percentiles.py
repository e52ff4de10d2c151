"""Percentiles of the verdict as locust's statistics ask for them: in milliseconds, by shares of 1."""

from collections.abc import Mapping
from typing import Protocol

from callproof.load.histogram import at_rank, bucket, upper


class Timed(Protocol):
    """A row of locust's statistics; counts by the time of their bucket."""

    response_times: Mapping[float, int]
    max_response_time: float


def bucketed(ms: float) -> float:
    return round(upper(bucket(ms / 1000)) * 1000, 3)


def ranked(times: Mapping[float, int], _requests: int, share: float) -> float:
    return round(at_rank(times, round(share * 100, 4)) or 0.0, 1)


def of(row: Timed, share: float) -> float:
    found = at_rank(row.response_times, round(share * 100, 4)) or 0.0
    return round(min(found, row.max_response_time), 1)
