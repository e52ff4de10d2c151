"""The log of a process on stderr: lines of text or of JSON, which nobody who is served waits for.

Lines are written by a thread of their own. Where nobody drains stderr it waits, a bounded number of lines
with it, and what comes on top is counted and dropped. (The standard library's queue and listener wait for
one another when they end, so also for whoever does not read.)
"""

import copy
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Condition, Thread

from callproof.contract.printing import printable, printable_lines
from callproof.contract.secrets import Masks

MOST = 2000
# How long whoever ends waits for what is not written yet, in seconds.
PATIENCE = 1.0
_PACKAGE = "callproof."


def begin(form: str, *, verbose: bool) -> None:
    """Log this process, and those that it forks, as ``text`` or ``json``."""
    lines = Lines(as_json if form == "json" else as_text)
    logging.basicConfig(handlers=[lines], level=logging.INFO if verbose else logging.WARNING)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lines.begin)


def belong_to(end: str) -> None:
    """From now on all that this process logs is about one end, ``crm`` or ``pbx``."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Lines):
            handler.end = end


def hide(secrets: Iterable[str]) -> None:
    """From now on these stand in no line, wherever somebody has put them."""
    known = tuple(secrets)
    for handler in logging.getLogger().handlers:
        if isinstance(handler, Lines):
            handler.masks = Masks(known)


def flush() -> None:
    """Wait a moment for what is not written yet; a process that was forked has to before it ends."""
    for handler in logging.getLogger().handlers:
        handler.flush()


class Lines(logging.Handler):
    """``form`` makes a line of a record and the end that it is about, ``write`` may wait for ever. Secrets
    are taken out of what callers sent by ``masks``, in the thread that writes."""

    def __init__(
        self, form: Callable[[logging.LogRecord, str], str], write: "Callable[[bytes], None] | None" = None
    ) -> None:
        super().__init__()
        self.end = ""
        self.masks = Masks()
        self._form = form
        self._write = write or _to_stderr
        self.begin()

    def begin(self) -> None:
        """Nothing waits and no thread is there yet, as in a process that was just forked."""
        self._changed = Condition()
        self._waiting: deque[logging.LogRecord] = deque()
        self._dropped = 0
        self._writing = False
        self._writer: Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            # What was raised holds on to all that led to it.
            record.exc_text, record.exc_info = _FORMATTER.formatException(record.exc_info), None
        with self._changed:
            if len(self._waiting) >= MOST:
                self._dropped += 1
                return
            self._waiting.append(record)
            self._changed.notify_all()
            if self._writer is None:
                self._writer = Thread(target=self._write_on, name="callproof-log", daemon=True)
                self._writer.start()

    def flush(self) -> None:
        """Wait until all is written, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._waiting or self._writing), PATIENCE)

    def close(self) -> None:
        """What comes later is written all the same: other libraries close what they did not open."""
        self.flush()
        super().close()

    def _write_on(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting)
                record, dropped = self._waiting.popleft(), self._dropped
                self._dropped, self._writing = 0, True
            if dropped:
                self._write_one(_missing(dropped))
            self._write_one(record)

    def _write_one(self, record: logging.LogRecord) -> None:
        try:
            record = _without_secrets(record, self.masks)
            self._write(f"{self._form(record, _end_of(record) or self.end)}\n".encode())
        except Exception:  # whatever is wrong with one line, the next one may be written
            self._dropped += 1


def as_text(record: logging.LogRecord, end: str) -> str:
    calls = " ".join(_calls(record))
    said = f"{_moment(record)} {record.levelname} {end or '-'}/{record.process}"
    said += f" [{calls}] {_message(record)}" if calls else f" {_message(record)}"
    return f"{said}\n{printable_lines(record.exc_text)}" if record.exc_text else said


def as_json(record: logging.LogRecord, end: str) -> str:
    """One object, in signs of ASCII."""
    told: dict[str, object] = {
        "time": _moment(record),
        "level": record.levelname.lower(),
        "end": end,
        "worker": record.process,
        "logger": record.name,
        "calls": _calls(record),
        "message": _message(record),
    }
    if record.exc_text:
        told["exception"] = printable_lines(record.exc_text)
    return json.dumps(told)


def _without_secrets(record: logging.LogRecord, masks: Masks) -> logging.LogRecord:
    """Another one: this one is for other handlers as well."""
    found = copy.copy(record)
    found.msg, found.args = masks.text(record.getMessage()), ()
    found.exc_text = masks.text(record.exc_text or "")
    found.calls = [masks.text(str(call)) for call in getattr(record, "calls", ())]
    return found


_FORMATTER = logging.Formatter()


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    return printable(record.getMessage())


def _calls(record: logging.LogRecord) -> list[str]:
    return [printable(str(call)) for call in getattr(record, "calls", ())]


def _end_of(record: logging.LogRecord) -> str:
    """An end's own loggers are named by it."""
    name = record.name.removeprefix(_PACKAGE).partition(".")[0]
    return name if name in ("crm", "pbx") else ""


def _missing(dropped: int) -> logging.LogRecord:
    said = "%d lines of the log were dropped, because nobody reads it fast enough."
    return logging.LogRecord("callproof.log", logging.WARNING, "", 0, said, (dropped,), None)


def _to_stderr(line: bytes) -> None:
    """Past Python's own object, which whoever ends would wait for."""
    try:
        number = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        number = 2
    while line:
        line = line[os.write(number, line) :]
