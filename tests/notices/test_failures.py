"""Whatever letters are made with may be killed, hang or be full: none is lost, none is made twice, and each case ends by itself."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.notices.works import Works, works

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("failures")]
# Decided in the random sequence: in the suite with one seed, in a soak with many.
NOTICES, SOAK_NOTICES = 40, 200
STEPS, SOAK_STEPS = 12, 40
SEED, SOAK_SEEDS = 23, 12


@pytest.fixture(scope="module")
def broken() -> Iterator[Works]:
    """Processes that the tests break; each test begins with whole ones."""
    with works() as made:
        yield made


@pytest.fixture
def mended(broken: Works) -> Iterator[Works]:
    """Whole works at the beginning; at the end each letter exists exactly once."""
    broken.heal()
    # The letters of the cast first.
    broken.wait_until_all_done()
    yield broken
    took = broken.wait_until_all_done()
    print(f"done {took:.1f} s later")
    broken.assert_each_exactly_once()


def test_kill_of_the_child_that_makes_letters(mended: Works) -> None:
    mended.decide_before_the_worker_comes(3)
    assert mended.wait_for_an_attempt(60)
    mended.kill_child()
    # Nobody starts anything again.


def test_kill_of_the_whole_worker(mended: Works) -> None:
    mended.decide_before_the_worker_comes(3)
    assert mended.wait_for_an_attempt(60)
    mended.kill("worker")
    mended.start("worker")


def test_kill_of_beat_with_bells_that_are_lost(mended: Works) -> None:
    mended.kill("beat")
    mended.kill("worker")
    assert mended.decide(3) == 3
    mended.client.flushall()
    mended.start("worker")
    # A bell that is heard is enough, whoever else is dead.
    assert mended.decide(1) == 1
    newest = mended.written[-1]
    mended.until(
        lambda: bool(
            mended.portal.query("SELECT 1 FROM notices_letter WHERE status = 'done' AND notice_id = %s", newest)
        )
    )
    lost = "SELECT count(*) FROM notices_letter WHERE status <> 'done' AND notice_id = ANY(%s::uuid[])"
    waiting = mended.portal.query(lost, mended.written[-4:-1])[0][0]
    mended.start("beat")
    assert waiting == 3, "their bells were lost"


def test_kill_of_redis_with_a_full_queue(mended: Works) -> None:
    mended.kill("worker")
    assert mended.decide(5) == 5
    mended.until(lambda: mended.client.llen("celery") >= 5)
    mended.kill_redis()
    mended.start("worker")
    mended.start_redis()


def test_redis_that_hangs_holds_up_no_click(mended: Works) -> None:
    mended.hang_redis()
    begin = time.monotonic()
    assert mended.decide(2) == 2
    print(f"two decisions in {time.monotonic() - begin:.1f} s")
    mended.heal()


def test_redis_that_is_away_or_full_holds_up_no_click(mended: Works) -> None:
    mended.fill_redis()
    assert mended.decide(2) == 2
    mended.kill_redis()
    assert mended.decide(2) == 2
    mended.start_redis()


def test_stop_of_postgresql_during_a_render(mended: Works) -> None:
    mended.decide_before_the_worker_comes(3)
    assert mended.wait_for_an_attempt(60)
    mended.stop_database()
    assert mended.decide(1) == 0, "the citizen sees an error, and nothing is half there"
    mended.start_database()


def test_disk_that_is_full(mended: Works) -> None:
    if mended.disk is None:
        pytest.skip("nobody may mount a small disk here")
    mended.fill_disk()
    assert mended.decide(3) == 3
    failed = "SELECT count(DISTINCT letter_id) FROM notices_letterattempt WHERE error <> '' OR ended_at IS NULL"
    mended.until(lambda: mended.count(failed) >= 3)
    mended.free_disk()


def test_an_old_worker_that_does_not_know_the_task(mended: Works) -> None:
    mended.start_old_worker()
    assert mended.decide(3) == 3
    # It takes the bells and throws them away.
    mended.until(lambda: mended.client.llen("celery") == 0)
    assert mended.count("SELECT count(*) FROM notices_letter WHERE status = 'pending'") == 3
    mended.heal()


def fault(**draws: Any) -> Any:
    """A step of the sequence; none comes so often that there is no room for others."""

    def decorated(step: Any) -> Any:
        def counted(self: "Failures", **drawn: Any) -> None:
            self.used[step.__name__] += 1
            step(self, **drawn)

        counted.__name__ = step.__name__
        often = precondition(lambda self: self.used[step.__name__] < self.at_most)
        return often(rule(**draws)(counted))

    return decorated


class Failures(RuleBasedStateMachine):
    """Any of that in any order, one upon the other, while people go on deciding."""

    works: Works
    notices = NOTICES
    at_most = 2

    def __init__(self) -> None:
        super().__init__()
        self.left = self.notices
        self.used: Counter[str] = Counter()
        self.begun = False

    @initialize(start=st.integers(0, 2**16))
    def begin(self, start: int) -> None:
        # The simplest sequence comes first and is always the same: not that one.
        assume(start)
        self.works.heal()
        self.begun = True

    def decide(self, number: int) -> None:
        """People go on deciding, whatever is broken."""
        self.left -= self.works.decide(min(number, self.left))

    @fault(number=st.integers(1, 6))
    def decide_some(self, number: int) -> None:
        self.decide(number)

    @fault(number=st.integers(1, 6))
    def kill_child(self, number: int) -> None:
        self.decide(number)
        if not self.works.database_is_down:
            self.works.wait_for_an_attempt(2)
        self.works.kill_child()

    @fault(number=st.integers(1, 6))
    def kill_worker(self, number: int) -> None:
        self.decide(number)
        self.works.kill("worker")

    @fault(number=st.integers(1, 6))
    def kill_beat(self, number: int) -> None:
        self.decide(number)
        self.works.kill("beat")

    @fault()
    def start_what_was_killed(self) -> None:
        self.works.start("worker", "beat")

    @fault(number=st.integers(1, 6))
    def old_worker(self, number: int) -> None:
        self.works.start_old_worker()
        self.decide(number)

    @fault(number=st.integers(1, 6))
    def kill_redis(self, number: int) -> None:
        self.decide(number)
        self.works.kill_redis()

    @fault(number=st.integers(1, 2))
    def hang_redis(self, number: int) -> None:
        self.works.hang_redis()
        self.decide(number)

    @fault(number=st.integers(1, 6))
    def fill_redis(self, number: int) -> None:
        self.works.fill_redis()
        self.decide(number)

    @fault(number=st.integers(1, 6))
    def stop_database(self, number: int) -> None:
        self.decide(number)
        self.works.stop_database()

    @fault(number=st.integers(1, 6))
    def fill_disk(self, number: int) -> None:
        self.works.fill_disk()
        self.decide(number)

    @fault()
    def heal(self) -> None:
        self.works.heal()

    def teardown(self) -> None:
        """What is broken is mended and people decide the rest; then all is there."""
        if not self.begun:
            return
        print(f"{sum(self.used.values())} steps, {self.left} still to decide: {dict(self.used)}")
        self.works.heal()
        while self.left:
            self.decide(self.left)
        self.works.wait_until_all_done()
        self.works.assert_each_exactly_once()


def test_any_of_that_in_any_order(mended: Works, request: Any) -> None:
    soak = request.config.getoption("--soak")
    notices = SOAK_NOTICES if soak else NOTICES
    machine: Any = type(
        "Failures", (Failures,), {"works": mended, "notices": notices, "at_most": SOAK_STEPS // 6 if soak else 2}
    )
    if not soak:
        machine = seed(SEED)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SOAK_SEEDS if soak else 1, stateful_step_count=SOAK_STEPS if soak else STEPS, deadline=None,
            # With real processes nothing is made smaller, and nothing is kept.
            phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip
