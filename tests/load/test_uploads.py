"""History under load: collected by line, tried again until it is acknowledged, one bad row alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread

import orjson

from callproof.contract.jsontypes import JsonObject
from callproof.load.asks import Ask, Response
from callproof.load.uploads import BATCH, UNACKNOWLEDGED, Uploads

TAKEN = Response(200, b'{"success": true, "processedCallsCount": 1}')
REFUSED = Response(400, b'{"success": false}')


@dataclass
class Crm:
    """Answers by what it is given, and remembers every request; no time passes while somebody waits."""

    answer: Callable[[list[str]], Response] = lambda _: TAKEN
    requests: list[list[str]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    gives_up: bool = False

    def make(self, rows: Sequence[JsonObject], wanted: float) -> Ask:
        return Ask("calls-upload", "POST", "/", wanted, orjson.dumps(list(rows)))

    def ask(self, ask: Ask) -> Response:
        names = [row["externalId"] for row in orjson.loads(ask.body)]
        self.requests.append(names)
        return self.answer(names)

    def uploads(self, every: float) -> Uploads:
        def spawn(run: Callable[[], None]) -> None:
            Thread(target=run).start()

        wait = self.waited.append
        return Uploads(every, self.make, self.ask, lambda: 0.0, wait, lambda: self.gives_up, spawn)


def upload_all(uploads: Uploads, names: Sequence[str], line: str = "line") -> list[str]:
    problems = [""] * len(names)

    def upload(place: int) -> None:
        problems[place] = uploads.upload(line, {"externalId": names[place]}, 0.0)

    threads = [Thread(target=upload, args=(place,)) for place in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems


def test_each_call_is_uploaded_by_itself_without_a_period() -> None:
    crm = Crm()
    assert upload_all(crm.uploads(0), ["a", "b"]) == ["", ""]
    assert sorted(crm.requests) == [["a"], ["b"]]


def test_a_line_that_has_fifty_rows_waits_no_longer() -> None:
    crm = Crm()
    names = [str(n) for n in range(BATCH)]
    assert set(upload_all(crm.uploads(3600), names)) == {""}
    assert [sorted(request) for request in crm.requests] == [sorted(names)]


def test_more_than_fifty_rows_are_several_uploads() -> None:
    crm = Crm()
    names = [str(n) for n in range(BATCH + 5)]
    assert set(upload_all(crm.uploads(0.05), names)) == {""}
    assert max(map(len, crm.requests)) <= BATCH
    assert sorted(name for request in crm.requests for name in request) == sorted(names)


def test_an_upload_is_tried_until_it_is_acknowledged() -> None:
    answers = iter(
        [Response(None, error="reset"), Response(503), Response(429), Response(200, b"oops"), TAKEN]
    )
    crm = Crm(lambda _: next(answers))
    assert crm.uploads(0).upload("line", {"externalId": "a"}, 0.0) == ""
    assert crm.requests == [["a"]] * 5
    longest = [0.5, 1, 2, 4]
    assert all(most / 2 <= pause <= most for pause, most in zip(crm.waited, longest, strict=True))


def test_an_upload_that_fails_for_days_is_tried_again_as_well() -> None:
    answers = iter([*[Response(503)] * 1100, TAKEN])
    assert Crm(lambda _: next(answers)).uploads(0).upload("line", {"externalId": "a"}, 0.0) == ""


def test_an_upload_is_given_up_when_time_is_up() -> None:
    crm = Crm(lambda _: Response(503), gives_up=True)
    assert crm.uploads(0).upload("line", {"externalId": "a"}, 0.0) == UNACKNOWLEDGED
    assert len(crm.requests) == 1


def test_one_bad_row_does_not_hold_up_the_others() -> None:
    crm = Crm(lambda names: REFUSED if "bad" in names else TAKEN)
    names = ["bad", *(str(n) for n in range(BATCH - 1))]
    problems = upload_all(crm.uploads(3600), names)
    assert problems[0] == "400"
    assert set(problems[1:]) == {""}
