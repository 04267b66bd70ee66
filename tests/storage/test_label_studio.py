"""What is kept of Label Studio: an annotation becomes one label at most, under the rules of any other answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from schemas.errors import ConflictError, InputError
from schemas.guidelines import Draft
from schemas.project import ProjectConfig
from storage import guidelines
from storage.answers import answer
from storage.consensus import settle
from storage.label_studio import (
    Claim,
    Notice,
    StudioProject,
    alone,
    count,
    last_refused,
    link,
    linked,
    outcomes,
    refuse,
    remember,
    studio_project,
)
from storage.labelers import Labeler
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.testing import enlist, label_next, project_config, task_request
from storage.unleased import open_rounds, waiting

URL = "http://studio"


@dataclass(frozen=True, kw_only=True)
class Room:
    """A project with one task that wants two labels, and three who label."""

    engine: Engine
    project: ProjectConfig
    studio: StudioProject
    task: int
    labelers: tuple[Labeler, Labeler, Labeler]

    def count(self, annotation: str, labeler: int, answer: str, *, version: str = "1", guideline: int = 1) -> str:
        """Count an annotation of one of the labelers."""
        said = Claim(task_id=self.task, guideline=guideline, labeler=self.labelers[labeler], answer=answer)
        return count(self.engine, self.project, self.studio, notice(annotation, version), said)

    def labels(self) -> int:
        """Return how many labels there are, and check that as many were announced."""
        found = "SELECT count(*) FROM labels WHERE task_id = :task"
        told = "SELECT count(*) FROM outbox WHERE topic = :topic"
        with self.engine.connect() as connection:
            labels = int(connection.execute(text(found), {"task": self.task}).scalar_one())
            events = connection.execute(text(told), {"topic": f"{self.project.name}.labels"}).scalar_one()
        assert events == labels
        return labels


def notice(annotation: str, version: str = "1") -> Notice:
    """Return a version of an annotation."""
    return Notice(annotation=annotation, version=version, body=f"{annotation} {version}")


@pytest.fixture
def room(engine: Engine) -> Room:
    """Nobody has answered yet."""
    project = project_config(f"p{uuid4().hex}")
    guidelines.ensure(engine, project.name, "A cat has whiskers.", project.labels.classes)
    enqueue(engine, project, [task_request(project.name, 0)])
    return Room(
        engine=engine,
        project=project,
        studio=remember(engine, project.name, URL, 1),
        task=waiting(engine, project.name, 1)[0].task_id,
        labelers=(
            enlist(engine, project.name, "ada"),
            enlist(engine, project.name, "bob"),
            enlist(engine, project.name, "eve"),
        ),
    )


def test_an_annotation_counts_once_however_often_and_by_how_many_it_is_told(room: Room) -> None:
    """Webhook and sweep may come at the same moment."""
    with ThreadPoolExecutor(8) as threads:
        fates = list(threads.map(lambda _: room.count("1", 0, "cat"), range(16)))
    assert (sorted(fates), room.labels()) == (["counted"] + ["unchanged"] * 15, 1)


def test_a_labeler_counts_once_in_a_round_whatever_way_the_answers_come(room: Room) -> None:
    """Another annotation, or an answer that was leased here."""
    assert [room.count("1", 0, "cat"), room.count("2", 0, "cat")] == ["counted", "answered"]
    assert claim(room.engine, room.project, room.labelers[0]) is None
    label_next(room.engine, room.project, room.labelers[1], "cat")
    assert (room.count("3", 1, "cat"), room.labels()) == ("answered", 2)


def test_a_lease_of_the_labeler_is_used_up(room: Room) -> None:
    """It cannot be answered otherwise any more."""
    leased = claim(room.engine, room.project, room.labelers[0])
    assert leased is not None
    assert room.count("1", 0, "cat") == "counted"
    with pytest.raises(ConflictError):
        answer(room.engine, room.project, room.labelers[0], leased.assignment_id, "dog")
    assert room.labels() == 1


def test_a_place_that_somebody_holds_is_not_taken(room: Room) -> None:
    """A live lease is one; the task waits for nobody else then, and is not sent there."""
    label_next(room.engine, room.project, room.labelers[0], "cat")
    assert claim(room.engine, room.project, room.labelers[1]) is not None
    assert (room.count("1", 2, "cat"), room.labels()) == ("no_room", 1)
    assert waiting(room.engine, room.project.name, 9) == []


def test_places_are_never_given_twice_at_once(room: Room) -> None:
    """Two are wanted, three answer at the same moment."""
    with ThreadPoolExecutor(3) as threads:
        fates = list(threads.map(lambda who: room.count(str(who), who, "cat"), range(3)))
    assert (sorted(fates), room.labels()) == (["counted", "counted", "no_room"], 2)


def test_a_settled_task_takes_no_more(room: Room) -> None:
    """And is no longer open."""
    fates = [room.count("1", 0, "cat"), room.count("2", 1, "cat")]
    assert open_rounds(room.engine, room.project.name, [room.task]) == {room.task: 1}
    settle(room.engine, room.project, [room.task])
    assert (fates, room.count("3", 2, "cat"), room.labels()) == (["counted", "counted"], "closed", 2)
    assert open_rounds(room.engine, room.project.name, [room.task]) == {}


def test_an_answer_under_an_older_guideline_does_not_count_in_the_new_round(room: Room) -> None:
    """One under a version that left the task alone counts as what it is."""
    room.count("1", 0, "cat")
    room.count("2", 1, "dog")
    publish(room.engine, room.project, Draft(body="A dog barks.", settles=(("cat", "dog"),)))
    assert [room.count("3", 2, "cat"), room.count("4", 2, "cat", guideline=2)] == ["outdated", "counted"]
    assert open_rounds(room.engine, room.project.name, [room.task]) == {room.task: 2}


def test_a_correction_is_kept_and_not_applied(room: Room) -> None:
    """Labels never change; who returns to what was counted is in order again."""
    fates = [room.count("1", 0, answer, version=version) for version, answer in enumerate(("cat", "dog", "cat"))]  # type: ignore[arg-type]
    assert (fates, room.labels()) == (["counted", "changed", "unchanged"], 1)
    assert refuse(room.engine, room.studio, notice("1", "9"), "skipped") == "changed"
    assert outcomes(room.engine, room.studio) == {"counted": 1, "changed": 2}


def test_what_was_counted_stays_counted(room: Room) -> None:
    """Even if the same version could not be read as an answer today, because its user is gone."""
    room.count("1", 0, "cat")
    assert refuse(room.engine, room.studio, notice("1"), "unknown_user") == "unchanged"
    assert outcomes(room.engine, room.studio) == {"counted": 1}


def test_a_version_that_says_otherwise_the_second_time_stays_counted(room: Room) -> None:
    """Label Studio would have to change an annotation without saying so; the record of the label is not lost by it."""
    fates = [room.count("1", 0, answer) for answer in ("cat", "dog", "cat")]
    assert (fates, room.labels()) == (["counted", "changed", "unchanged"], 1)
    assert outcomes(room.engine, room.studio) == {"counted": 1}


def test_a_refusal_is_kept_until_it_counts(room: Room) -> None:
    """With its reason, and as it came."""
    refuse(room.engine, room.studio, notice("1"), "unknown_user")
    assert [(one.annotation, one.reason, one.body) for one in last_refused(room.engine, room.studio, 9)] == [
        ("1", "unknown_user", "1 1")
    ]
    assert room.count("1", 0, "cat") == "counted"
    assert last_refused(room.engine, room.studio, 9) == []


def test_a_task_of_another_project_takes_no_answer(room: Room) -> None:
    """However it came by its key."""
    other = project_config(f"p{uuid4().hex}")
    said = Claim(task_id=room.task, guideline=1, labeler=room.labelers[0], answer="cat")
    assert count(room.engine, other, room.studio, notice("1"), said) == "unknown_task"
    assert room.labels() == 0


def test_the_newest_project_of_a_server_is_the_one_in_use(room: Room) -> None:
    """With a secret of its own; of another server nothing is known."""
    newer = remember(room.engine, room.project.name, URL, 2)
    assert studio_project(room.engine, room.project.name, URL) == newer
    assert newer.secret != room.studio.secret
    assert studio_project(room.engine, room.project.name, "http://other") is None


def test_a_user_is_one_labeler_and_a_labeler_may_be_several_users(room: Room) -> None:
    """Addresses are compared without regard to capitals; the last link holds."""
    for name, email in (("ada", " Ada@Example.org"), ("ada", "ada@home.org"), ("bob", "ada@home.org")):
        link(room.engine, room.project.name, name, email)
    people = {email: labeler.name for email, labeler in linked(room.engine, room.project.name).items()}
    assert people == {"ada@example.org": "ada", "ada@home.org": "bob"}


@pytest.mark.parametrize(("name", "email", "remedy"), [("zoe", "z@x.org", "labeler add"), ("ada", "ada", "signs in")])
def test_a_link_that_cannot_be_is_refused(room: Room, name: str, email: str, remedy: str) -> None:
    """No labeler is invented."""
    with pytest.raises(InputError, match=remedy):
        link(room.engine, room.project.name, name, email)


def test_one_at_a_time_sends(room: Room) -> None:
    """Of each project; whoever comes later is told to wait."""
    with alone(room.engine, room.project.name):
        with pytest.raises(ConflictError, match="wait"), alone(room.engine, room.project.name):
            pass
        with alone(room.engine, "another"):
            pass
    with alone(room.engine, room.project.name):
        pass
