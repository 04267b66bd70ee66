"""The demo's simulated labelers: stated habits, the same answers every time, work over the real API."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from console.api import create_app
from console.settings import ConsoleSettings
from console.testing import served
from examples.digits.labelers import DIGITS, LABELERS, SimulatedLabeler, look, picture, truths, work
from examples.digits.production import Production
from schemas.project import ProjectConfig
from storage.consensus import settle
from storage.database import open_engine
from storage.guidelines import publish
from storage.labelers import register
from storage.projects import read_project
from storage.queue import depths, enqueue
from storage.settings import StorageSettings
from storage.testing import fresh_database, task_request
from storage.votes import votes_by_task

FOLDER = Path(__file__).parents[2] / "examples" / "digits"
TASKS = 40


def share_wrong(labeler: SimulatedLabeler, truth: str, *, settled: list[tuple[str, str]]) -> float:
    """Return how often the labeler errs on 2,000 pictures of the digit `truth`."""
    answers = [look(labeler, str(n), truth, guideline=1, settled=settled, seed=7) for n in range(2_000)]
    return sum(answer != truth for answer in answers) / len(answers)


@pytest.mark.parametrize("labeler", LABELERS, ids=lambda labeler: labeler.name)
def test_a_labeler_errs_as_often_as_its_habits_say_and_less_once_a_pair_is_settled(labeler: SimulatedLabeler) -> None:
    """Within what 2,000 draws allow; the order of a settled pair does not matter."""
    pair, rate = next(iter(labeler.confuses.items()))
    for digit in pair:
        all_rates = [rate for pair, rate in labeler.confuses.items() if digit in pair]
        assert share_wrong(labeler, digit, settled=[]) == pytest.approx(sum(all_rates) + labeler.slips, abs=0.06)
    left = share_wrong(labeler, pair[0], settled=[pair[::-1]])
    assert left == pytest.approx(rate * 0.2 + labeler.slips, abs=0.05)


def test_every_labeler_says_that_it_is_simulated() -> None:
    """Its name goes wherever its labels go."""
    assert len(LABELERS) == 5
    assert all(labeler.name.startswith("simulated-") for labeler in LABELERS)


def test_the_same_picture_gets_the_same_answer_until_the_guideline_changes() -> None:
    """Labelers differ, and so do seeds and versions."""

    def answers(labeler: int = 4, guideline: int = 1, seed: int = 0) -> list[str]:
        return [look(LABELERS[labeler], str(n), "9", guideline=guideline, settled=[], seed=seed) for n in range(200)]

    assert answers() == answers()
    assert answers() not in (answers(labeler=1), answers(guideline=2), answers(seed=1))
    assert set(answers()) <= set(DIGITS)


def test_truth_is_known_by_the_picture_of_every_record_that_can_be_read() -> None:
    """The others never reach a labeler."""
    records = [
        Production(key=b"", value=value, sample_id="s", truth="3")
        for value in (b'{"payload": {"pixels": [1, 2]}}', b'{"payload": {"pix')
    ]
    assert truths(records) == {picture({"pixels": [1, 2], "ink": 0.1}): "3"}


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
    truth = {picture({"pixels": pixels}): "9" for pixels in pictures}
    with served(create_app(ConsoleSettings(project=FOLDER), storage)) as url, ExitStack() as stack:
        stack.callback(engine.dispose)
        clients = [stack.enter_context(client_of(engine, project, labeler, url)) for labeler in LABELERS]
        label_all(engine, project, clients, truth)
        before = confusing(engine, project, {"4", "9"})
        published = publish(engine, project, "A nine has a closed loop.", [("4", "9")])
        label_all(engine, project, clients, truth)
        after = confusing(engine, project, {"4", "9"})
    assert published.reopened == len(before)
    assert len(after) < len(before)


def client_of(engine: Engine, project: ProjectConfig, labeler: SimulatedLabeler, url: str) -> httpx.Client:
    """Register the labeler and return its client."""
    token = register(engine, project.name, labeler.name, simulated=True)
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})


def label_all(engine: Engine, project: ProjectConfig, clients: list[httpx.Client], truth: dict[str, str]) -> None:
    """Let all work side by side, and settle what they label, until no task is open."""
    done = Event()
    with ThreadPoolExecutor(len(clients)) as threads:
        jobs = [
            threads.submit(work, client, labeler, truth, until=done.is_set, pause=0.01)
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
