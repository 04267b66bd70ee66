"""Windows are read as sums over any time, and old ones become one a day without losing a count."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from quality.sketches.asked import sketching_of
from quality.sketches.folding import Sketches, to_bytes
from quality.sketches.window import Slice, StreamWindow
from quality.testing import TIMESTAMP, kafka, screened, screening
from schemas.drift import DriftPolicy
from schemas.testing import Reading, encoded, record
from schemas.topics import Topics
from storage import sketches
from storage.sketch_upkeep import keep_windows

BEGAN = datetime.fromtimestamp(TIMESTAMP / 1000, UTC)
EVER = (BEGAN - timedelta(days=1), BEGAN + timedelta(days=400))
HOURS = 8
ONE = Slice(column="source", value="camera-1")


@pytest.fixture
def project(engine: Engine) -> str:
    """A project of two partitions, with a window of ten samples of two sources every eight hours for four days."""
    name = f"p-{uuid4().hex[:8]}"
    for partition in range(2):
        with engine.begin() as connection:
            sketches.keep(connection, Topics(project=name).samples, partition, made(12))
    return name


def made(count: int) -> list[StreamWindow]:
    """Return windows, `HOURS` after each other."""
    asked = screening(sketching=sketching_of(DriftPolicy(window=10), Reading))
    stream = [
        one.__class__(
            offset=one.offset,
            key=None,
            value=one.value,
            headers=(),
            timestamp=TIMESTAMP + one.offset // 10 * HOURS * 3_600_000,
        )
        for one in kafka([encoded(record(number, source=f"camera-{number % 2}")) for number in range(10 * count)])
    ]
    return [window for outcome in screened(stream, asked) for window in outcome.windows]


def everything(engine: Engine, project: str, of: Slice | None = None) -> dict[str, bytes]:
    """Return the sum of all windows, as bytes by series."""
    found: Sketches = sketches.together(sketches.windows(engine, Topics(project=project).samples, *EVER, of))
    return {name: to_bytes({name: sketch}) for name, sketch in found.items()}


def test_windows_are_read_by_time_and_slice(engine: Engine, project: str) -> None:
    """Of all sources a window holds all its samples, and of one those of that."""
    topic = Topics(project=project).samples
    day = sketches.windows(engine, topic, BEGAN, BEGAN + timedelta(hours=20))
    assert [(one.partition, one.first) for one in day] == [(0, 0), (1, 0), (0, 10), (1, 10), (0, 20), (1, 20)]
    assert [one.ended.accepted for one in day] == [10] * 6
    assert {sketch.rows for one in day for sketch in one.sketches.values()} == {10}
    half = sketches.windows(engine, topic, BEGAN, BEGAN + timedelta(hours=20), ONE)
    assert {one.ended.accepted for one in half} == {sketch.rows for one in half for sketch in one.sketches.values()}
    assert sketches.slices(engine, topic, *EVER) == [Slice(column="source", value="camera-0"), ONE]


def test_old_windows_become_one_a_day(engine: Engine, project: str) -> None:
    """What they hold together stays the same to the last byte, and doing it again does nothing."""
    topic, now = Topics(project=project).samples, BEGAN + timedelta(days=30)
    before = everything(engine, project), everything(engine, project, ONE)
    assert keep_windows(engine, project, DriftPolicy(days=7), now) == {"merged": 2 * (12 - 5), "dropped": 0}
    assert (everything(engine, project), everything(engine, project, ONE)) == before
    kept = sketches.windows(engine, topic, *EVER)
    assert [(one.first, one.next) for one in kept if not one.partition] == [
        (0, 20),
        (20, 50),
        (50, 80),
        (80, 110),
        (110, 120),
    ]
    assert sum(one.ended.accepted for one in kept) == 240
    assert keep_windows(engine, project, DriftPolicy(days=7), now) == {"merged": 0, "dropped": 0}


def test_windows_go_after_a_long_while(engine: Engine, project: str) -> None:
    """Those of the last days stay as they are."""
    policy = DriftPolicy(days=1, most_days=2)
    now = BEGAN + timedelta(days=3)
    assert keep_windows(engine, project, policy, now)["dropped"] == 2 * 3
    assert everything(engine, project) != {}


def test_of_a_time_without_windows_there_is_nothing(engine: Engine, project: str) -> None:
    """No window, no slice, and the sum of none."""
    topic, before = Topics(project=project).samples, (BEGAN - timedelta(days=9), BEGAN - timedelta(days=8))
    assert sketches.windows(engine, topic, *before) == []
    assert sketches.slices(engine, topic, *before) == []
    assert sketches.together([]) == {}
