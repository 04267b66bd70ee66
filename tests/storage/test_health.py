"""The health of the stream: its windows as points in time, of all samples or of one slice."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from console.pages.health import drawn
from quality.frames import Frame, Record
from quality.screening import screen
from quality.sketches.window import Slice
from quality.state import State
from schemas.testing import encoded
from storage import sketches
from storage.health import POINTS, health
from storage.projects import Project, read_project
from storage.testing import FOLDER

BEGAN = 1_767_600_000_000
MINUTE = 60_000
WINDOW = 10
EXPECTED = """{"name": "suite", "expectations": [
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "size", "min_value": 0}},
    {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "size", "max_value": 100}, "severity": "warning"}
]}"""


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> Project:
    """A project whose stream had a hundred windows of two sources, a minute each; sizes rise in one of them."""
    name = f"p-{uuid4().hex[:8]}"
    config = f"drift = {{ window = {WINDOW} }}\n" + FOLDER["project.toml"].replace("NAME", name)
    for file, text in {**FOLDER, "project.toml": config, "expectations.json": EXPECTED}.items():
        (tmp_path / file).write_text(text)
    project = read_project(tmp_path)
    records = [arrived(number) for number in range(100 * WINDOW)]
    outcome = screen(Frame.of(project.topics.samples, 0, records), State(), project.screening)
    with engine.begin() as connection:
        sketches.keep(connection, project.topics.samples, 0, outcome.windows)
    return project


def arrived(number: int) -> Record:
    """Return a sample of one of two sources."""
    plain: dict[str, Any] = {
        "contract": 2,
        "sample_id": f"s{number}",
        "source": f"camera-{number % 2}",
        "occurred_at": "2026-01-05T08:00:00Z",
        "payload": {"size": number if number % 2 else 7, "colour": "red" if number % 4 else "<b>blue</b>"},
    }
    timestamp = BEGAN + number // WINDOW * MINUTE
    return Record(offset=number, key=None, value=encoded(plain), headers=(), timestamp=timestamp)


def test_points_follow_each_other_and_are_the_whole_together(engine: Engine, project: Project) -> None:
    """There are not too many to draw, and no sample is in two."""
    found = health(engine, project)
    assert len(found.points) <= POINTS
    assert all(one.latest < other.earliest for one, other in pairwise(found.points))
    assert sum(point.ended.accepted for point in found.points) == 100 * WINDOW == found.whole["size"].rows
    assert found.slices == [Slice(column="source", value=f"camera-{number}") for number in range(2)]


def test_a_slice_is_seen_by_itself(engine: Engine, project: Project) -> None:
    """Of the source whose sizes never change all quantiles are the same, at every time."""
    found = health(engine, project, Slice(column="source", value="camera-0"))
    spreads = [point.series["size"].spread for point in found.points]
    assert {spread.quantiles for spread in spreads if spread} == {(7.0,) * 5}
    assert found.whole["size"].rows == 50 * WINDOW


def test_a_time_is_looked_at_alone(engine: Engine, project: Project) -> None:
    """From one time to before another; of a time without windows there is nothing."""
    minute = [datetime.fromtimestamp((BEGAN + number * MINUTE) / 1000, UTC) for number in (10, 20)]
    found = health(engine, project, since=minute[0], until=minute[1])
    assert (found.points[0].earliest, found.whole["size"].rows) == (minute[0], 10 * WINDOW)
    assert health(engine, project, until=datetime(2020, 1, 1, tzinfo=UTC)).points == []


def test_aggregate_expectations_are_judged(engine: Engine, project: Project) -> None:
    """The mean of all that came is above what the suite asks for."""
    (judged,) = health(engine, project).expectations
    assert (judged.type, judged.severity, judged.answer) == ("expect_column_mean_to_be_between", "warning", "broken")


def test_the_page_draws_every_series_and_escapes_values(engine: Engine, project: Project) -> None:
    """A plot for each, with what it shows in words, and no value that becomes markup."""
    page = str(drawn(health(engine, project), ()))
    assert page.count("<figure") == len(health(engine, project).whole)
    assert "median" in page
    assert "<b>blue" not in page
    assert "No window has ended yet" in str(drawn(health(engine, project, until=datetime(2020, 1, 1, tzinfo=UTC)), ()))
