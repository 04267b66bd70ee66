"""Alarms of drift on the page Stream: where they were raised, and what may be done, whatever a slice is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from console.pages.alarms import listed, marks
from console.pages.health import drawn
from quality.drift.cause import Cause
from quality.drift.measured import Aspect
from quality.intervals import Interval
from quality.sketches.window import Dispositions, Slice
from schemas.drift import AlarmState
from storage.drift_actions import Offered, about, actions
from storage.drift_alarms import DriftAlarm
from storage.health import Health, Point, Series, Spread

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
HOSTILE = Slice(column="source", value="<script>alert(1)</script>")
SERIES = Series(
    rows=10, missing=0, spread=Spread(quantiles=(0.0, 1.0, 2.0, 3.0, 4.0), mean=2.0, least=0.0, most=4.0, error=0.0)
)


def alarm(**changes: Any) -> Offered:
    """Return an alarm on the sizes of a slice, shown from the third hour to the fourth."""
    told: dict[str, Any] = {
        "alarm_id": 3,
        "state": AlarmState.CONFIRMED,
        "of": HOSTILE,
        "field": "size",
        "aspect": Aspect.VALUES,
        "component": "location",
        "p_value": 1e-6,
        "effect": Interval(estimate=0.3, low=0.2, high=0.4),
        "first": 9,
        "last": 10,
        "since": BEGAN + timedelta(hours=2),
        "until": BEGAN + timedelta(hours=3, minutes=30),
        "cause": Cause.WORLD,
        "measures": (),
        "receipt": {"labels": {"wanted": 60, "settled": 60, "wrong": 20, "before": {"settled": 90, "wrong": 9}}},
        "after_task": 0,
        "raised_at": BEGAN,
        "settled_at": None,
        "settled_in": None,
    }
    found = DriftAlarm(**{**told, **changes})
    return Offered(alarm=found, about=about(found), actions=tuple(actions(found)))


def stream(of: Slice | None = None) -> Health:
    """Return six hours of a stream, a point each."""
    points = [
        Point(
            earliest=BEGAN + timedelta(hours=hour),
            latest=BEGAN + timedelta(hours=hour, minutes=59),
            ended=Dispositions(accepted=10),
            series={"size": SERIES, "tone": SERIES},
        )
        for hour in range(6)
    ]
    return Health(of=of, slices=[HOSTILE], points=points, whole={"size": SERIES, "tone": SERIES}, expectations=[])


def test_an_alarm_is_drawn_behind_its_field_where_it_was_raised() -> None:
    """Of all samples, and of its slice; not behind other fields, nor those of other slices."""
    here = Slice(column="source", value="here")
    assert marks("size", stream(), [alarm()]) == [range(2, 4)]
    assert marks("size", stream(HOSTILE), [alarm()]) == [range(2, 4)]
    assert marks("size", stream(here), [alarm()]) == []
    assert marks("size", stream(here), [alarm(of=None)]) == [range(2, 4)]
    assert marks("tone", stream(), [alarm()]) == []
    assert marks("size", stream(), [alarm(since=BEGAN - timedelta(days=2), until=BEGAN - timedelta(days=1))]) == []
    assert drawn(stream(), [alarm()]).count('class="marked"') == 1


def test_an_alarm_is_listed_with_what_may_be_done() -> None:
    """Names from the stream are text, and no part of the page."""
    page = str(listed([alarm()]))
    for told in ("confirmed", "world", "+0.300 (+0.200 to +0.400)", "60 of 60, 20 wrong; before 9 of 90"):
        assert told in page
    assert "assay drift collect 3 --want" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("changes", "offered"),
    [
        ({}, ["collect", "generate"]),
        ({"of": None}, ["collect", "generate"]),
        ({"cause": Cause.LABELERS}, ["relabel"]),
        ({"cause": Cause.GUIDELINE}, ["relabel"]),
        ({"state": AlarmState.WITHDRAWN}, []),
    ],
)
def test_what_may_be_done_goes_by_the_cause(changes: dict[str, Any], offered: list[str]) -> None:
    """Nothing where labels do not say that it matters."""
    assert [each.name for each in alarm(**changes).actions] == offered


def test_without_alarms_nothing_is_listed() -> None:
    """Neither heading nor table."""
    assert listed([]) is None
