"""The queue: who gets which task, when, and how often."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import Engine, text

from schemas.project import ProjectConfig
from storage.answers import answer
from storage.labelers import Labeler
from storage.queue import Assignment, Depths, claim, depths, enqueue
from storage.testing import enlist, label_next, project_config, task_request

OVERLAP_ONE = {"first": 1, "most": 4}


def new_project(**changes: Any) -> ProjectConfig:
    """Return a project that nobody else has."""
    return project_config(f"p{uuid4().hex}", **changes)


def expire_leases(engine: Engine, labeler: Labeler) -> None:
    """Let the labeler's leases end a second ago."""
    expire = text("UPDATE assignments SET expires_at = now() - interval '1 second' WHERE labeler_id = :labeler")
    with engine.begin() as connection:
        connection.execute(expire, {"labeler": labeler.labeler_id})


def test_a_request_becomes_one_task_however_often_it_is_delivered(engine: Engine) -> None:
    """Kafka delivers at least once, also within one batch."""
    project = new_project()
    requests = [task_request(project.name, offset) for offset in (0, 1, 1)]
    assert [enqueue(engine, project, requests), enqueue(engine, project, requests)] == [2, 0]
    assert depths(engine, project.name) == Depths(open=2, leased=0, settled=0, expert=0)


def test_a_labeler_is_shown_the_sample_and_nothing_that_leads(engine: Engine) -> None:
    """Payload and media; no prediction, no reasons, no attributes, not even the sample's id."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, 7)])
    assignment = claim(engine, project, enlist(engine, project.name, "ada"))
    assert assignment is not None
    assert (assignment.payload, assignment.media) == ({"size": 7}, "pictures/7.png")
    assert (assignment.guideline, set(vars(assignment))) == (1, set(Assignment.__dataclass_fields__))


def test_the_strongest_signal_goes_first(engine: Engine) -> None:
    """Equal priorities go in the order in which they came."""
    project = new_project(overlap=OVERLAP_ONE)
    signals = [task_request(project.name, offset, uncertain=score) for offset, score in enumerate([0.2, 0.9, 0.2])]
    enqueue(engine, project, signals)
    ada = enlist(engine, project.name, "ada")
    labeled = [label_next(engine, project, ada, "cat") for _ in range(3)]
    with engine.connect() as connection:
        tasks = text('SELECT "offset" FROM tasks WHERE task_id = :task')
        assert [connection.scalar(tasks, {"task": task}) for task in labeled] == [1, 0, 2]
    assert claim(engine, project, ada) is None


def test_a_client_that_crashed_gets_its_assignment_back(engine: Engine) -> None:
    """The same lease, while it lives."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(3)])
    ada = enlist(engine, project.name, "ada")
    assert claim(engine, project, ada) == claim(engine, project, ada)


def test_a_labeler_never_gets_a_task_twice_in_a_round(engine: Engine) -> None:
    """Though the task waits for a second label."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, 0)])
    ada = enlist(engine, project.name, "ada")
    label_next(engine, project, ada, "cat")
    assert claim(engine, project, ada) is None


def test_a_task_is_leased_to_no_more_labelers_than_it_wants(engine: Engine) -> None:
    """A third one waits, until a lease expires."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, 0)])
    ada, bob, eve = (enlist(engine, project.name, name) for name in ("ada", "bob", "eve"))
    assert claim(engine, project, ada)
    assert claim(engine, project, bob)
    assert claim(engine, project, eve) is None
    expire_leases(engine, bob)
    assert claim(engine, project, eve)
    assert claim(engine, project, bob) is None


def test_an_expired_lease_is_renewed_for_the_same_labeler(engine: Engine) -> None:
    """It stays one assignment, with a later end."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, 0)])
    ada = enlist(engine, project.name, "ada")
    first = claim(engine, project, ada)
    expire_leases(engine, ada)
    second = claim(engine, project, ada)
    assert first is not None
    assert second is not None
    assert second.assignment_id == first.assignment_id
    assert second.expires_at > first.expires_at


def test_tasks_of_another_project_are_out_of_reach(engine: Engine) -> None:
    """A labeler belongs to one project."""
    project, other = new_project(), new_project()
    enqueue(engine, other, [task_request(other.name, 0)])
    assert claim(engine, project, enlist(engine, project.name, "ada")) is None


@pytest.mark.parametrize("first", [1, 2])
def test_racing_labelers_never_exceed_what_is_wanted_and_leave_nothing(engine: Engine, first: int) -> None:
    """Eight threads, thirty tasks: nobody is told that nothing waits while something does."""
    project = new_project(overlap={"first": first, "most": 4})
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(30)])
    labelers = [enlist(engine, project.name, f"labeler {number}") for number in range(8)]

    def work(labeler: Labeler) -> list[tuple[int, str]]:
        done = []
        while assignment := claim(engine, project, labeler):
            done.append((assignment.task_id, labeler.name))
            answer(engine, project, labeler, assignment.assignment_id, "cat")
        return done

    with ThreadPoolExecutor(8) as threads:
        pairs = [pair for done in threads.map(work, labelers) for pair in done]
    assert len(set(pairs)) == len(pairs) == 30 * first
    assert set(Counter(task for task, _ in pairs).values()) == {first}


def test_a_task_in_somebody_elses_hands_is_waited_for_before_nothing_is_said_to_wait(engine: Engine) -> None:
    """It is the last one, and what holds it (a claim, a settling) lets go of it with room left."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, 0)])
    ada = enlist(engine, project.name, "ada")
    hold = text("SELECT task_id FROM tasks WHERE project = :project FOR NO KEY UPDATE")
    with ThreadPoolExecutor(1) as thread, engine.begin() as holder:
        holder.execute(hold, {"project": project.name})
        claiming = thread.submit(claim, engine, project, ada)
        with pytest.raises(TimeoutError):
            claiming.result(timeout=0.2)
        holder.rollback()
        assert claiming.result(timeout=10) is not None


def test_one_labeler_with_many_windows_holds_one_lease(engine: Engine) -> None:
    """Simultaneous claims of one labeler wait for each other."""
    project = new_project()
    enqueue(engine, project, [task_request(project.name, offset) for offset in range(9)])
    ada = enlist(engine, project.name, "ada")
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: claim(engine, project, ada), range(16)))
    assert len({assignment.assignment_id for assignment in claims if assignment}) == 1


def test_text_that_would_hurt_elsewhere_goes_through_unchanged(engine: Engine) -> None:
    """NUL, quotes, markup and emoji are somebody's data."""
    project = new_project()
    payload: dict[str, JsonValue] = {"text": "\x00'; DROP TABLE tasks; -- <script>\U0001f98a\u202e"}
    enqueue(engine, project, [task_request(project.name, 0, payload=payload)])
    assignment = claim(engine, project, enlist(engine, project.name, "ada"))
    assert assignment is not None
    assert assignment.payload == payload
