"""Every class that applies."""

from collections.abc import Collection, Sequence
from typing import cast

from pydantic import JsonValue

from labeling.agreement.krippendorff import tabulated
from labeling.agreement.measured import Measured
from labeling.agreement.ratings import Ratings
from labeling.agreement.sets import Difference, Several, jaccard, masi, table
from labeling.consensus.several import METHOD, several_consensus
from labeling.findings import disputed_slices
from labeling.kinds.classification import no_class
from labeling.kinds.kind import Asked, Columns, Votes
from schemas.answers import Answer, ClassName, several
from schemas.errors import InputError
from schemas.labels import Consensus, Finding, Vote, ranked


class Multilabel:
    """Answers are sets of classes; the empty one only where `empty` allows it."""

    def __init__(self, *, empty: bool) -> None:
        self.empty = empty

    def read(self, plain: JsonValue, classes: Collection[ClassName]) -> Answer:
        """Return the classes in the order of their names, each once."""
        if not isinstance(plain, list) or len(plain) > len(classes):
            raise InputError(
                f"The answer is no list of classes: list those that apply, each once, of {', '.join(classes)}."
            )
        names = [name for name in plain if isinstance(name, str)]
        if len(names) < len(plain):
            raise InputError(f"The answer lists what is no text: list names of classes, of {', '.join(classes)}.")
        wrong = next((name for name in names if name not in classes), None)
        if wrong is not None:
            raise no_class(wrong, classes)
        if not names and not self.empty:
            raise InputError(f"The answer lists no class: list at least one of {', '.join(classes)}, or skip the task.")
        return several(names)

    def counts(self, answer: Answer, classes: Collection[ClassName]) -> bool:
        """Say whether it is a set of the classes that may be answered."""
        return (
            isinstance(answer, tuple)
            and all(isinstance(name, str) and name in classes for name in answer)
            and (self.empty or bool(answer))
        )

    def conclude(self, votes: Sequence[Vote], asked: Asked) -> Consensus:
        """Return the likeliest set: the classes that are above one half."""
        sets = [_names(vote.answer) for vote in votes]
        answer, confidence = several_consensus(sets, asked.classes, asked.accuracy, empty=self.empty)
        return Consensus(
            answer=answer, confidence=confidence, method=METHOD, votes=ranked(votes), guideline=asked.guideline
        )

    def same(self, one: Answer, other: Answer) -> bool:
        """Say whether they are equal sets."""
        return one == other

    def agreement(self, units: Sequence[Sequence[Answer]]) -> Measured:
        """Return Krippendorff's alpha, by the distance of sets that MASI is."""
        return self._alpha(units, masi, "MASI")

    def measures(self, units: Sequence[Sequence[Answer]]) -> list[Measured]:
        """Return alpha by MASI, and by Jaccard's distance, which takes a set within another for less unlike."""
        return [self.agreement(units), self._alpha(units, jaccard, "Jaccard's distance")]

    def ratings(self, units: Sequence[Sequence[Answer]]) -> Ratings:
        """Return the sets of classes given to each task."""
        rows = ((unit, "", frozenset(_names(answer))) for unit, answers in enumerate(units) for answer in answers)
        return Ratings.of(rows)

    def _alpha(self, units: Sequence[Sequence[Answer]], difference: Difference, name: str) -> Measured:
        ratings = self.ratings(units)
        differences = table([cast("Several", answer) for answer in ratings.answers], difference)
        return Measured(
            name=f"Krippendorff's alpha by {name}", measure=tabulated(ratings, differences), count=ratings.count
        )

    def findings(self, tasks: Votes, columns: Columns) -> list[Finding]:
        """Return the slices on which more sets differ; no pairs, since whoever names both classes confuses neither."""
        return disputed_slices(tasks, columns)


def _names(answer: Answer) -> tuple[ClassName, ...]:
    return cast("tuple[ClassName, ...]", answer)
