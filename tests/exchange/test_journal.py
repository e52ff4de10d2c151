"""The journal is numbered, bounded and can be waited for."""

from threading import Thread

from callproof.exchange.exchange import MAX_BINARY, Answer, Body, Exchange, Request
from callproof.exchange.journal import Journal


def exchange(body: bytes = b"") -> Exchange:
    return Exchange(0.0, "in", Request("GET", "http://crm/x", (), Body(body)), None)


def test_entries_are_numbered_from_one_and_read_from_where_a_reader_left_off() -> None:
    journal = Journal()
    for _ in range(3):
        journal.write(exchange())
    assert [entry.id for entry in journal.since(1)] == [2, 3]
    assert [entry.id for entry in journal.since(0, limit=2)] == [1, 2]


def test_the_oldest_entries_go_first_and_numbers_are_never_reused() -> None:
    journal = Journal(max_entries=2)
    for _ in range(5):
        journal.write(exchange())
    assert [entry.id for entry in journal.since()] == [4, 5]
    journal.clear()
    journal.write(exchange())
    assert journal.last_id == 6


def test_the_bytes_are_bounded_too() -> None:
    journal = Journal(max_bytes=10_000)
    for _ in range(10):
        journal.write(exchange(b"x" * 3_000))
    assert len(journal.since()) == 2


def test_a_reader_is_woken_by_the_next_entry() -> None:
    journal, seen = Journal(), list[int]()
    reader = Thread(target=lambda: seen.extend(e.id for e in journal.since(0, wait=10)))
    reader.start()
    journal.write(exchange())
    reader.join(5)
    assert seen == [1]


def test_waiting_ends_when_time_is_up() -> None:
    assert Journal().since(0, wait=0.01) == []


def test_text_is_kept_whole_and_binary_by_its_beginning() -> None:
    text, audio = "héllo".encode() * 10_000, b"\xff" * 100_000
    # It would be UTF-8 as well.
    silence = b"RIFF" + bytes(100_000)
    journal = Journal()
    for content in (text, audio, silence):
        answer = Answer(200, (), Body(content))
        journal.write(Exchange(0.0, "out", Request("GET", "http://pbx/x"), answer))
    kept = [entry.answer.body for entry in journal.since() if entry.answer]
    assert [(body.text is not None, len(body.content), body.size) for body in kept] == [
        (True, 60_000, 60_000),
        (False, MAX_BINARY, 100_000),
        (False, MAX_BINARY, 100_004),
    ]
    told = journal.since()[1].as_json()
    assert set(told["answer"]["body"]) == {"base64", "size"}  # type: ignore[index,call-overload,arg-type]
    assert Exchange.of_json(told) == journal.since()[1]
