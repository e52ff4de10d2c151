from benchmarks.claims import (
    Claim,
    of_comparison,
    of_connections,
    of_footprint,
    of_scaling,
    of_sizes,
    of_workers,
)
from benchmarks.figures import Found, Series, Spread
from benchmarks.ledger import Ledger, Tally
from benchmarks.sections import comparison, connections, sizes
from benchmarks.sections.footprint import CHECK, FLASK, HELP, NOTHING, PACKAGE, TRAFFIC, Footprint
from benchmarks.sections.workers import POSTGRES, SETUPS, SQLITE, Setup, Workers
from benchmarks.workload import Ids
from benchmarks.wrk import Figure


def series(rate: float = 1.0, cpu: float = 1.0, p50: float = 1.0, p99: float = 1.0) -> Series:
    return Series((Figure(rate, cpu, p50, p99),))


def verdicts(claims: list[Claim]) -> dict[str, bool | None]:
    return {claim.text: claim.holds for claim in claims}


def test_what_was_not_measured_neither_holds_nor_fails() -> None:
    assert {claim.holds for claim in of_comparison(Found())} == {None}


def test_every_peer_but_the_floor_is_to_be_beaten_by_events_and_lookups() -> None:
    texts = [claim.text for claim in of_comparison(Found())]
    for peer in comparison.PEERS:
        beaten = [text for text in texts if text.endswith(f"requests per second, of {peer.name}")]
        upload = ["upload"] if peer.name == comparison.PLAIN else []
        expected = [] if peer.name == comparison.FLOOR else ["event", "lookup", *upload]
        for ours in (comparison.OURS, comparison.KEPT):
            mine = [text.removeprefix(f"{ours}, ") for text in beaten if text.startswith(f"{ours}, ")]
            kinds = [text.split(":")[0].split()[0] for text in mine]
            if ours == comparison.OURS:
                kinds = [kind for kind in kinds if kind != "SQLite"]
            assert kinds == expected, peer.name


def test_the_limits_themselves_still_hold() -> None:
    found = Found(
        {
            (comparison.OURS, "event"): series(rate=100, cpu=30, p50=1, p99=10),
            ("Prism", "event"): series(rate=100),
            ("Mockoon", "event"): series(rate=101),
            (comparison.FLOOR, "event"): series(cpu=10),
        }
    )
    said = verdicts(list(of_comparison(found)))
    assert said["callproof, event: requests per second, of Prism"] is True
    assert said["callproof, event: requests per second, of Mockoon"] is False
    assert said["callproof, event: CPU time, of bare granian with a constant answer"] is True
    assert said["callproof, event: p99, of p50"] is True


def test_random_ids_may_cost_more_than_ascending_ones() -> None:
    found = Found()
    for ids in Ids:
        found.series[sizes.subject(sizes.SMALL, ids), "upload"] = series(cpu=10)
        found.series[sizes.subject(sizes.LARGE, ids), "upload"] = series(cpu=15)
    found.series[sizes.subject(sizes.LARGE, Ids.RANDOM), "upload"] = series(cpu=18)
    said = verdicts([claim for claim in of_sizes(found) if claim.value is not None])
    text = "upload: CPU time at 1 000 000 stored calls"
    assert said == {
        f"{text}, of that at 10 000, ascending ids": False,
        f"{text}, of that at 10 000, random ids": True,
        f"{text} with random ids, of that with ascending ones": True,
    }


def test_a_start_may_take_so_many_milliseconds_more_than_another() -> None:
    def took(**times: float) -> Footprint:
        values = {
            what: (Spread(0, times[name], 999), "ms of CPU")
            for what, name in ((HELP, "help"), (FLASK, "flask"), (PACKAGE, "package"), (NOTHING, "nothing"))
            if name in times
        }
        return Footprint(values)

    claims = list(of_footprint(took(help=200, flask=160, package=41, nothing=20)))[2:]
    assert [(claim.value, claim.holds) for claim in claims] == [(40, True), (21, False)]
    assert [claim.holds for claim in of_footprint(took(help=200))][2:] == [None, None]


def test_traffic_and_a_check_have_a_promise_each() -> None:
    found = Footprint({TRAFFIC: (Spread(1, 1000, 2000), "calls/s"), CHECK: (Spread(1, 3.1, 4), "s")})
    assert [claim.holds for claim in of_footprint(found)][:2] == [True, False]


def test_a_second_worker_is_held_against_one_and_postgresql_against_a_file() -> None:
    one, two, file = (str(setup) for setup in (Setup(POSTGRES, 1), Setup(POSTGRES, 2), Setup(SQLITE, 1)))
    rates = {(one, "event"): series(rate=10, cpu=30), (two, "event"): series(rate=16)}
    found = Found(
        {**rates, (file, "event"): series(cpu=20), ("SQLite file, 2 workers", "event"): series(p99=11)}
    )
    said = {claim.text: claim.holds for claim in of_scaling(Workers(found)) if claim.value is not None}
    assert said == {
        "PostgreSQL, 2 workers, event: requests per second, of one": True,
        "PostgreSQL, 1 worker, event: CPU time, of that with a SQLite file": True,
        "SQLite file, 2 workers, event: p99, of p50": False,
    }


def test_a_connection_more_is_to_cost_little() -> None:
    setup = str(connections.SETUPS[0])
    found = Found(
        {(setup, connections.kind(16)): series(cpu=10), (setup, connections.kind(64)): series(cpu=16)}
    )
    assert [claim.holds for claim in of_connections(found)] == [False, None, None, None, None]


def test_lost_doubled_and_miscounted_all_count() -> None:
    whole = Tally(sent=5, taken=5, stored=5)
    setup = str(SETUPS[1])
    for tally, wrong in ((whole, 0), (Tally(5, 5, 4), 1), (Tally(5, 5, 6), 1), (Tally(5, 3, 5), 2)):
        claims = of_workers(Workers(ledgers={setup: Ledger(events=whole, calls=tally)}))
        claim = next(claim for claim in claims if claim.text.startswith(setup))
        assert (claim.value, claim.holds) == (wrong, wrong == 0)
