"""The demo's simulated labelers: stated habits, the same answers every time, work over the real API."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select

from assay.demo.worker import adjudicate, work
from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from examples.digits.simulation import LABELERS
from examples.simulation.faults import Production
from examples.simulation.labelers import AnswerKey, SimulatedLabeler
from examples.simulation.records import Truth
from schemas.guidelines import Draft
from schemas.project import ProjectConfig
from schemas.roles import Role
from storage.consensus import settle
from storage.database import open_engine
from storage.labelers import register
from storage.projects import read_project
from storage.publishing import publish
from storage.queue import depths, enqueue
from storage.settings import StorageSettings
from storage.tables import ConsensusRow
from storage.testing import fresh_database, task_request
from storage.votes import votes_by_task

FOLDER = Path(__file__).parents[2] / "examples" / "digits"
DIGITS = tuple("0123456789")
TASKS = 40


def record(picture: list[int], truth: Truth) -> Production:
    """Return a record that shows a picture."""
    return Production(key=b"", value=json.dumps({"payload": {"pixels": picture}}).encode(), truth=truth)


def key_to(records: list[Production], seed: int = 0) -> AnswerKey:
    """Return the key to these records."""
    return AnswerKey.of(records, ("pixels",), classes=DIGITS, seed=seed)


def share_wrong(
    labeler: SimulatedLabeler, answer: str, *, settled: list[tuple[str, str]] | None = None, unclear: bool = True
) -> float:
    """Return how often the labeler errs on 2,000 pictures of the digit `answer`."""
    pictures = [[number] for number in range(2_000)]
    key = key_to([record(picture, Truth(answer=answer, unclear=unclear)) for picture in pictures], seed=7)
    answers = [key.answer(labeler, {"pixels": picture}, guideline=1, settled=settled or []) for picture in pictures]
    return sum(each != answer for each in answers) / len(answers)


@pytest.mark.parametrize("labeler", LABELERS, ids=lambda labeler: labeler.name)
def test_a_labeler_errs_as_often_as_its_habits_say_and_less_once_a_pair_is_settled(labeler: SimulatedLabeler) -> None:
    """Within what 2,000 draws allow; the order of a settled pair does not matter."""
    pair, rate = next(iter(labeler.confuses.items()))
    for digit in pair:
        all_rates = [rate for pair, rate in labeler.confuses.items() if digit in pair]
        assert share_wrong(labeler, digit) == pytest.approx(sum(all_rates) + labeler.slips, abs=0.06)
    left = share_wrong(labeler, pair[0], settled=[pair[::-1]])
    assert left == pytest.approx(rate * 0.2 + labeler.slips, abs=0.05)


def test_where_the_guideline_leaves_nothing_open_a_labeler_only_slips() -> None:
    """Habits of confusion are for what is unclear."""
    labeler = LABELERS[2]
    assert share_wrong(labeler, "9", unclear=False) == pytest.approx(labeler.slips, abs=0.02)


def test_the_same_picture_gets_the_same_answer_until_the_guideline_changes() -> None:
    """Labelers differ, and so do seeds and versions."""
    pictures = [[number] for number in range(200)]
    nines = [record(picture, Truth(answer="9")) for picture in pictures]

    def answers(labeler: int = 4, guideline: int = 1, seed: int = 0) -> list[str]:
        key = key_to(nines, seed)
        return [
            key.answer(LABELERS[labeler], {"pixels": picture}, guideline=guideline, settled=[]) for picture in pictures
        ]

    assert answers() == answers()
    assert answers() not in (answers(labeler=1), answers(guideline=2), answers(seed=1))
    assert set(answers()) <= set(DIGITS)


def test_truth_is_known_by_the_picture_of_every_record_that_can_be_read() -> None:
    """The others never reach a labeler; what contracts compute is not looked at."""
    three = Truth(answer="3")
    broken = Production(key=b"", value=b'{"payload": {"pix', truth=three)
    key = key_to([record([1, 2], three), broken])
    assert list(key.truths.values()) == [three]
    assert key.answer(LABELERS[0], {"pixels": [1, 2], "ink": 0.1}, guideline=1, settled=[]) in DIGITS


@pytest.fixture
def database(stack: Any) -> Iterator[str]:
    """A migrated database."""
    with fresh_database(stack.database_url) as url:
        yield url


def test_the_five_label_everything_over_the_api_and_a_guideline_brings_them_together(database: str) -> None:
    """Nines that look like fours: just those come back, and fewer of them are confused under the guideline."""
    storage, project = StorageSettings(database_url=SecretStr(database)), read_project(FOLDER).config
    engine = open_engine(storage)
    pictures = [[n, *range(63)] for n in range(TASKS)]
    requests = [task_request(project.name, n, payload={"pixels": [*pixels]}) for n, pixels in enumerate(pictures)]
    enqueue(engine, project, requests)
    key = key_to([record(pixels, Truth(answer="9")) for pixels in pictures])
    with served(create_app(ConsoleSettings(project=FOLDER), storage)) as url, ExitStack() as stack:
        stack.callback(engine.dispose)
        clients = [stack.enter_context(client_of(engine, project, labeler, url)) for labeler in LABELERS]
        label_all(engine, project, clients, key)
        before = confusing(engine, project, {"4", "9"})
        published = publish(engine, project, Draft(body="A nine has a closed loop.", settles=[("4", "9")]))
        label_all(engine, project, clients, key)
        after = confusing(engine, project, {"4", "9"})
    assert published.reopened == len(before)
    assert len(after) < len(before)


def test_the_lead_settles_what_labelers_set_aside_and_is_right(database: str) -> None:
    """By assumption: as an expert who looks at each for as long as it takes."""
    storage, project = StorageSettings(database_url=SecretStr(database)), read_project(FOLDER).config
    engine = open_engine(storage)
    pixels = [*range(64)]
    enqueue(engine, project, [task_request(project.name, 0, payload={"pixels": [*pixels]})])
    key = key_to([record(pixels, Truth(answer="9"))])
    with served(create_app(ConsoleSettings(project=FOLDER), storage)) as url, ExitStack() as stack:
        stack.callback(engine.dispose)
        for labeler in LABELERS[: project.overlap.skips]:
            client = stack.enter_context(client_of(engine, project, labeler, url))
            claimed = client.post("/v1/claims").json()
            client.post(f"/v1/assignments/{claimed['assignment_id']}/skip", json={"reason": "blurred"})
        lead = stack.enter_context(client_of(engine, project, replace(LABELERS[0], name="lead"), url, role=Role.LEAD))
        turns = iter([False, False, True])
        assert adjudicate(lead, key, until=lambda: next(turns), pause=0.0) == 1
        settle(engine, project, [claimed["task_id"]])
        assert depths(engine, project.name).settled == 1
        with engine.connect() as connection:
            assert connection.scalar(select(ConsensusRow.answer)) == "9"


def client_of(
    engine: Engine, project: ProjectConfig, labeler: SimulatedLabeler, url: str, *, role: Role = Role.LABELER
) -> httpx.Client:
    """Register the labeler and return its client."""
    token = register(engine, project.name, labeler.name, simulated=True, role=role)
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})


def label_all(engine: Engine, project: ProjectConfig, clients: list[httpx.Client], key: AnswerKey) -> None:
    """Let all work side by side, and settle what they label, until no task is open."""
    done = Event()
    with ThreadPoolExecutor(len(clients)) as threads:
        jobs = [
            threads.submit(work, client, labeler, key, until=done.is_set, pause=0.01)
            for client, labeler in zip(clients, LABELERS, strict=True)
        ]
        while depths(engine, project.name).open and not any(job.done() for job in jobs):
            settle(engine, project, votes_by_task(engine, project.name).keys())
        done.set()
    assert sum(job.result() for job in jobs) >= project.overlap.first


def confusing(engine: Engine, project: ProjectConfig, pair: set[str]) -> list[int]:
    """Return the tasks that got both answers of the pair; who claims which task, and so how many, is a race."""
    votes = votes_by_task(engine, project.name)
    return [task for task, given in votes.items() if pair <= {vote.answer for vote in given}]
