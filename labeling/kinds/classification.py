"""One of the classes."""

from collections.abc import Collection, Sequence

from pydantic import JsonValue

from labeling.agreement.krippendorff import nominal
from labeling.agreement.measured import Measured
from labeling.agreement.ratings import Ratings
from labeling.consensus.one_coin import one_coin
from labeling.findings import confused_pairs, disputed_slices
from labeling.kinds.kind import Asked, Columns, Votes
from schemas.answers import Answer, ClassName
from schemas.errors import InputError
from schemas.labels import Consensus, Finding, Vote

# So much of what is no answer is told back.
TOLD = 80


def no_class(name: str, classes: Collection[ClassName]) -> InputError:
    """Return the error that says that this is no class, and which are."""
    return InputError(f"{name[:TOLD]!r} is no class: answer one of {', '.join(classes)}.")


class Classification:
    """Answers are names of classes."""

    def read(self, plain: JsonValue, classes: Collection[ClassName]) -> Answer:
        """Return the class."""
        if not isinstance(plain, str):
            raise InputError(f"The answer is no text: give the name of a class, one of {', '.join(classes)}.")
        if plain not in classes:
            raise no_class(plain, classes)
        return plain

    def counts(self, answer: Answer, classes: Collection[ClassName]) -> bool:
        """Say whether it is one of the classes."""
        return answer in classes

    def conclude(self, votes: Sequence[Vote], asked: Asked) -> Consensus:
        """Return the class of the highest posterior, by one coin."""
        return one_coin(votes, asked.classes, asked.accuracy, asked.guideline, choices=asked.choices)

    def same(self, one: Answer, other: Answer) -> bool:
        """Say whether it is the same class."""
        return one == other

    def agreement(self, units: Sequence[Sequence[Answer]]) -> Measured:
        """Return Krippendorff's alpha for nominal answers."""
        ratings = self.ratings(units)
        return Measured(name="Krippendorff's alpha", measure=nominal(ratings), count=ratings.count)

    def measures(self, units: Sequence[Sequence[Answer]]) -> list[Measured]:
        """Return alpha."""
        return [self.agreement(units)]

    def ratings(self, units: Sequence[Sequence[Answer]]) -> Ratings:
        """Return the classes given to each task."""
        return Ratings.of((unit, "", answer) for unit, answers in enumerate(units) for answer in answers)

    def findings(self, tasks: Votes, columns: Columns) -> list[Finding]:
        """Return each pair of classes that any task was given both of, those beyond chance first, then slices."""
        return [*confused_pairs(tasks), *disputed_slices(tasks, columns)]
