"""Replay: publishes dead letters again, each once, and writes it into the ledger.

Why a crash at any point neither loses nor doubles one is said in docs/decisions/0009-replay.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlalchemy import Engine

from quality.forecast import Choice, Letter
from quality.replay import REPLAY_ID, Known, Replay, replayed_headers
from storage import replays
from storage.dead_letters import DeadLetters, ReplayReport
from storage.lake import Lake
from storage.projects import Project
from streams.republisher import Again, Republisher
from streams.topics import offsets, records_since


@dataclass(frozen=True, kw_only=True)
class Replaying:
    """Replay the dead letters of one project."""

    project: Project
    bootstrap: str
    engine: Engine
    lake: Lake

    def foretell(self, choice: Choice, most: int | None = None) -> ReplayReport:
        """Say what `run` would do; write nothing."""
        return self._letters.foretell(choice, most)

    def run(self, choice: Choice, most: int | None = None) -> ReplayReport:
        """Publish the dead letters that are meant, at most so many, but none that was replayed before.

        Raises:
            ConflictError: another process is replaying.
            UnavailableError: a service was lost; run it again, and it goes on where it was.
        """
        topic = self.project.topics.samples
        published, report = 0, ReplayReport(topic=topic)
        with ExitStack() as resources:
            resources.enter_context(replays.alone(self.engine, topic))
            publishing = Publishing(bootstrap=self.bootstrap, topic=topic, engine=self.engine)
            doubtful = publishing.settle()
            for due, known, report in self._letters.due(choice, most):  # noqa: B007 - the last report is the whole
                published += publishing.publish(due, known) if due else 0
        return replace(report, published=published, doubtful=doubtful)

    @property
    def _letters(self) -> DeadLetters:
        return DeadLetters(project=self.project, engine=self.engine, lake=self.lake)


class Publishing:
    """Publishes dead letters, with the ledger's entry before and after; shuts out whoever did so before."""

    def __init__(self, *, bootstrap: str, topic: str, engine: Engine) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._engine = engine
        self._republisher = Republisher(bootstrap, f"{topic}.replay")
        # Whatever is published from now on stands there or later.
        self._ends = {partition: end for partition, (_, end) in offsets(bootstrap, topic).items()}

    def settle(self) -> int:
        """Find out what a run that was cut off has published; return of how many replays it cannot be known."""
        by_partition: defaultdict[int, list[Replay]] = defaultdict(list)
        for entry in replays.incomplete(self._engine, self._topic):
            by_partition[entry.letter.partition].append(entry)
        return sum(self._settle(partition, entries) for partition, entries in by_partition.items())

    def _settle(self, partition: int, entries: Sequence[Replay]) -> int:
        first = min(entry.sought_from for entry in entries)
        wanted = {str(entry.replay_id).encode(): entry for entry in entries}
        found = {wanted.pop(name).replay_id: offset for name, offset in self._named(partition, first) if name in wanted}
        replays.complete(self._engine, found)
        # Asked after reading: what was removed while it was read counts as unread.
        kept_from, _ = offsets(self._bootstrap, self._topic)[partition]
        absent = [entry.replay_id for entry in wanted.values() if entry.sought_from >= kept_from]
        replays.forget(self._engine, absent)
        return len(wanted) - len(absent)

    def _named(self, partition: int, first: int) -> Iterator[tuple[bytes, int]]:
        """Yield what records of a partition say is their entry, with their offset."""
        for record in records_since(self._bootstrap, self._topic, partition, first):
            for name, value in record.headers:
                if name == REPLAY_ID and value:
                    yield value, record.offset

    def plan(self, letters: Sequence[Letter], known: Known) -> list[tuple[Letter, Replay]]:
        """Write the entries of replays that are about to be published; leave out what another has an entry of."""
        planned = [
            (
                letter,
                Replay.of(
                    letter.place,
                    known.standing.get(letter.place),
                    replay_id=uuid4(),
                    sought_from=self._ends[letter.place.partition],
                ),
            )
            for letter in letters
        ]
        ours = replays.plan(self._engine, [entry for _, entry in planned])
        return [(letter, entry) for letter, entry in planned if entry.letter in ours]

    def send(self, planned: Sequence[tuple[Letter, Replay]]) -> list[int]:
        """Publish in one transaction; return the offset of each."""
        return self._republisher.publish(self._topic, [_again(letter, entry) for letter, entry in planned])

    def publish(self, letters: Sequence[Letter], known: Known) -> int:
        """Publish dead letters; return how many."""
        planned = self.plan(letters, known)
        if planned:
            stand = self.send(planned)
            replays.complete(self._engine, {entry.replay_id: at for (_, entry), at in zip(planned, stand, strict=True)})
        return len(planned)


def _again(letter: Letter, entry: Replay) -> Again:
    record = letter.record
    return Again(
        partition=letter.place.partition,
        key=record.key,
        value=record.value,
        headers=replayed_headers(record.headers, entry),
    )
