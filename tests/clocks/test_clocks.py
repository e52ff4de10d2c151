"""The clocks that touch the machine's time."""

from threading import Event, Thread

import pytest

from callproof.clocks.manual import ManualClock
from callproof.clocks.real import RealClock, ScaledClock


def test_a_real_clock_runs_actions_in_order_of_time() -> None:
    clock, done, order = RealClock(), Event(), list[int]()
    now = clock.now()
    clock.call_at(now + 0.04, done.set)
    clock.call_at(now + 0.02, lambda: order.append(2))
    clock.call_at(now, lambda: order.append(1))
    assert done.wait(5)
    assert order == [1, 2]
    clock.close()


def test_a_cancelled_action_does_not_run() -> None:
    clock, done, ran = RealClock(), Event(), list[str]()
    clock.call_at(clock.now() + 0.01, lambda: ran.append("cancelled")).cancel()
    clock.call_at(clock.now() + 0.02, done.set)
    assert done.wait(5)
    assert ran == []
    clock.close()


def test_an_action_that_waits_holds_up_no_other() -> None:
    clock, release, done = RealClock(), Event(), Event()
    clock.call_at(clock.now(), release.wait)
    clock.call_at(clock.now(), done.set)
    assert done.wait(5)
    release.set()
    clock.close()


def test_a_failing_action_is_logged_and_the_clock_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    clock, done = RealClock(), Event()

    def fail() -> None:
        raise RuntimeError("broken")

    clock.call_at(clock.now(), fail)
    clock.call_at(clock.now() + 0.01, done.set)
    assert done.wait(5)
    clock.close()
    assert "A planned action failed" in caplog.text


def test_a_scaled_clock_reaches_a_far_moment_soon() -> None:
    clock, done = ScaledClock(10_000), Event()
    clock.call_at(clock.now() + 600, done.set)
    assert done.wait(5)
    clock.close()


@pytest.mark.parametrize("speed", [0, -1])
def test_time_does_not_stand_still_or_run_backwards(speed: float) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        ScaledClock(speed)


def test_threads_may_plan_on_a_stepped_clock_while_it_advances() -> None:
    clock, ran = ManualClock(), list[int]()

    def plan() -> None:
        for number in range(200):
            clock.call_at(clock.now() + number % 7, lambda: ran.append(1))

    threads = [Thread(target=plan) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        clock.advance(0.1)
    for thread in threads:
        thread.join()
    clock.advance(100)
    assert len(ran) == 800


def test_a_clock_stands_still_and_goes_on_from_there() -> None:
    clock, done = RealClock(), Event()
    clock.run(0)
    stood = clock.now()
    clock.call_at(stood + 600, done.set)
    assert clock.now() == stood
    assert clock.kind == "scaled"
    clock.run(100_000)
    assert done.wait(5)
    assert clock.now() >= stood + 600
    clock.close()


def test_a_clock_at_the_speed_of_the_machine_is_real_again() -> None:
    clock = RealClock()
    clock.run(7)
    clock.run(1)
    assert (clock.kind, clock.speed) == ("real", 1)
    with pytest.raises(ValueError, match="backwards"):
        clock.run(-1)
    clock.close()
