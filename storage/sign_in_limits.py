"""How often somebody may try to sign in: limits that hold for all processes, and across restarts.

Each key has a bucket that holds `burst` attempts and drains one every `every`, kept as the time at which it will be
empty (the generic cell rate algorithm, ITU-T I.371): one row, one statement an attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from storage.account_tables import SignInLimitRow
from storage.database import lost_connections_named
from storage.labelers import digest

# So many rows of buckets that are empty are removed at an attempt, which adds two at most.
SWEPT = 10


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most `burst` attempts at once against what `key` hashes, and one every `every` after that."""

    key: str
    burst: int
    every: timedelta


def of_account(project: str, name: str) -> Limit:
    """Limit attempts on a name, whether anybody has it or not, by browsers in which its owner never signed in."""
    return Limit(key=digest(f"account\n{project}\n{name}"), burst=10, every=timedelta(seconds=30))


def of_browser(project: str, name: str, browser: str) -> Limit:
    """Limit attempts on an account by one browser in which its owner has signed in before."""
    return Limit(key=digest(f"browser\n{project}\n{name}\n{browser}"), burst=10, every=timedelta(seconds=30))


def of_address(project: str, address: str) -> Limit:
    """Limit attempts from one address, behind which many people may work."""
    return Limit(key=digest(f"address\n{project}\n{address}"), burst=50, every=timedelta(seconds=5))


@lost_connections_named()
def attempt(engine: Engine, limits: Sequence[Limit]) -> float | None:
    """Count an attempt against every limit; where one is reached, count it against none and return how long to wait.

    Counted before the password is looked at, so that many attempts at once are no way around; in seconds.
    """
    _sweep(engine)
    with engine.begin() as connection:
        for limit in sorted(limits, key=lambda limit: limit.key):  # one order, so that nobody waits in a circle
            if not _counted(connection, limit):
                wait = _wait(connection, limit)
                connection.rollback()
                return wait
    return None


@lost_connections_named()
def forgive(engine: Engine, limits: Sequence[Limit]) -> None:
    """Take the count of an attempt back, since it succeeded."""
    with engine.begin() as connection:
        for limit in sorted(limits, key=lambda limit: limit.key):
            back = update(SignInLimitRow).where(SignInLimitRow.key == limit.key)
            connection.execute(back.values(free_at=SignInLimitRow.free_at - limit.every))


def forget(connection: Connection, limit: Limit) -> None:
    """Count nothing against it any more."""
    connection.execute(delete(SignInLimitRow).where(SignInLimitRow.key == limit.key))


def _counted(connection: Connection, limit: Limit) -> bool:
    row = SignInLimitRow
    new = upsert(row).values(key=limit.key, free_at=func.now() + limit.every)
    later = func.greatest(row.free_at, func.now()) + limit.every
    room = row.free_at <= func.now() + (limit.burst - 1) * limit.every
    new = new.on_conflict_do_update(index_elements=[row.key], set_={"free_at": later}, where=room)
    return connection.scalar(new.returning(row.key)) is not None


def _wait(connection: Connection, limit: Limit) -> float:
    row = SignInLimitRow
    over = row.free_at - (func.now() + (limit.burst - 1) * limit.every)
    seconds = select(func.extract("epoch", over)).where(row.key == limit.key)
    return max(0.0, float(connection.scalar(seconds) or 0))


def _sweep(engine: Engine) -> None:
    row = SignInLimitRow
    empty = select(row.key).where(row.free_at < func.now()).limit(SWEPT).with_for_update(skip_locked=True)
    with engine.begin() as connection:
        connection.execute(delete(row).where(row.key.in_(empty)))
