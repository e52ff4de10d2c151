"""Traffic as JSON; times are in seconds."""

import orjson

from callproof.traffic.summary import Summary


def write(found: Summary) -> bytes:
    return orjson.dumps(
        {
            "attempted": found.attempted,
            "answered": found.answered,
            "missed": found.missed,
            "busy": found.busy,
            "refused": found.refused,
            "failed": found.failed,
            "notStarted": found.not_started,
            "concurrent": found.concurrent,
            "inHistory": found.in_history,
            "recordings": found.recordings,
            "reportDelay": {"mean": found.report_delay[0], "max": found.report_delay[1]},
            "late": found.latest,
            "seconds": found.seconds,
            "took": found.took,
            "callsPerSecond": found.per_second,
            "reconciled": not found.mismatches,
            "mismatches": found.mismatches,
            "stopped": found.stopped,
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )
