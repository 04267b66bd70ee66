"""Limits of attempts: a bucket in PostgreSQL behaves as one in memory, whoever asks, and however many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from storage.sign_in_limits import Limit, attempt, forget, forgive

EVERY = timedelta(hours=1)


def limit(burst: int = 3) -> Limit:
    """Return a limit that nobody else has."""
    return Limit(key=uuid4().hex, burst=burst, every=EVERY)


def pass_time(engine: Engine, one: Limit, hours: float) -> None:
    """Let time pass for one limit."""
    moved = "UPDATE sign_in_limits SET free_at = free_at - :hours * interval '1 hour' WHERE key = :key"
    with engine.begin() as connection:
        connection.execute(text(moved), {"hours": hours, "key": one.key})


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["attempt", "forgive", "half an hour", "three hours"]), max_size=15))
def test_a_limit_is_a_bucket_that_drains(engine: Engine, steps: list[str]) -> None:
    """Held against the bucket itself, in attempts; a forgiven attempt is one that was counted."""
    one, level, counted = limit(), 0.0, 0
    for step in steps:
        if step == "attempt":
            wait = attempt(engine, [one])
            full = level > one.burst - 1 + 1e-3
            assert (wait is not None) == full
            assert wait is None or abs(wait / 3600 - (level - one.burst + 1)) < 1e-2
            level, counted = (level, counted) if full else (level + 1, counted + 1)
        elif step == "forgive" and counted:
            forgive(engine, [one])
            level, counted = max(0.0, level - 1), counted - 1
        elif step != "forgive":
            hours = 0.5 if step == "half an hour" else 3
            pass_time(engine, one, hours)
            level = max(0.0, level - hours)


def test_what_one_limit_refuses_counts_against_no_other(engine: Engine) -> None:
    """Else a refused attempt would use up those of others."""
    narrow, wide = limit(1), limit(2)
    assert attempt(engine, [narrow, wide]) is None
    assert attempt(engine, [wide, narrow]) is not None
    assert attempt(engine, [wide]) is None
    assert attempt(engine, [wide]) is not None


def test_many_at_once_get_no_more_than_one_after_the_other(engine: Engine) -> None:
    """Each is counted before it is looked at."""
    first, second = limit(5), limit(5)
    orders = [[first, second], [second, first]] * 8
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda each: attempt(engine, each), orders)).count(None) == 5


def test_what_is_forgotten_begins_anew(engine: Engine) -> None:
    """So that an admin lets somebody in at once."""
    one = limit(1)
    assert [attempt(engine, [one]) is None for _ in range(2)] == [True, False]
    with engine.begin() as connection:
        forget(connection, one)
    assert attempt(engine, [one]) is None


def test_limits_that_nobody_reaches_for_are_not_kept(engine: Engine) -> None:
    """Names that somebody made up leave nothing behind."""
    old = [limit() for _ in range(12)]
    for one in old:
        attempt(engine, [one])
        pass_time(engine, one, 2)
    for _ in range(3):
        attempt(engine, [limit()])
    with engine.connect() as connection:
        found = connection.scalars(text("SELECT key FROM sign_in_limits")).all()
    assert {one.key for one in old} & set(found) == set()
