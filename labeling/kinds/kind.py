"""What each kind of label has to say for itself; everything else treats all kinds alike."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from labeling.agreement.measured import Measured
from labeling.agreement.ratings import Ratings
from schemas.answers import Answer, ClassName
from schemas.labels import Consensus, Finding, Vote

Votes = Mapping[int, Sequence[Vote]]
Columns = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked on a task: today's `classes`, and how many labelers had to choose from in the round (`choices`).

    `accuracy` is the probability with which a labeler's answer as a whole is taken to be right, in (0.5, 1).
    """

    classes: Sequence[ClassName]
    choices: int
    accuracy: float
    guideline: int


class Kind(Protocol):
    """One kind of label."""

    def read(self, plain: JsonValue, classes: Collection[ClassName]) -> Answer:
        """Return what somebody answered, in canonical form.

        Raises:
            InputError: it is no answer of this kind, or names what is none of `classes`; says what would be one.
        """

    def counts(self, answer: Answer, classes: Collection[ClassName]) -> bool:
        """Say whether a stored answer is one of this kind, and of these classes."""

    def conclude(self, votes: Sequence[Vote], asked: Asked) -> Consensus:
        """Return what the votes come to: one at least, each of another labeler, and such as count."""

    def same(self, one: Answer, other: Answer) -> bool:
        """Say whether one answer is right where the other is."""

    def agreement(self, units: Sequence[Sequence[Answer]]) -> Measured:
        """Return how far the answers to each task agree; `units` holds them by task."""

    def measures(self, units: Sequence[Sequence[Answer]]) -> list[Measured]:
        """Return every measure of agreement that the kind has, that of `agreement` first."""

    def ratings(self, units: Sequence[Sequence[Answer]]) -> Ratings | None:
        """Return what is broken down by class: classes, or frozen sets of them, by unit; None where there are none."""

    def findings(self, tasks: Votes, columns: Columns) -> list[Finding]:
        """Return what labelers do differently: `tasks` holds votes that count, `columns` what to slice by, by task."""
