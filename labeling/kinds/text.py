"""What is said or written."""

from collections.abc import Collection, Sequence

from pydantic import JsonValue

from labeling.agreement.measured import Measured
from labeling.agreement.text import normalized, text_agreement
from labeling.consensus.text import METHOD, text_consensus
from labeling.findings import disputed_slices, letter_case, optional_tokens
from labeling.kinds.kind import Asked, Columns, Votes
from schemas.answers import LONGEST_TEXT, Answer, ClassName
from schemas.errors import InputError
from schemas.labels import Consensus, Finding, Vote, ranked

# Nobody else has said anything that a single text could be compared with.
ALONE = 0.0


class Text:
    """Answers are texts; an empty one only where `empty` allows it."""

    def __init__(self, *, empty: bool) -> None:
        self.empty = empty

    def read(self, plain: JsonValue, classes: Collection[ClassName]) -> Answer:
        """Return the text as it was written."""
        del classes
        if not isinstance(plain, str):
            raise InputError("The answer is no text: give what is said or written, as a string.")
        if len(plain) > LONGEST_TEXT:
            raise InputError(f"The text has {len(plain)} characters: give {LONGEST_TEXT} at most, or skip the task.")
        if not _can_be_kept(plain):
            raise InputError("The text holds NUL characters or half surrogates: give plain text.")
        if not plain.strip() and not self.empty:
            raise InputError("The text is empty: write what is said or written, or skip the task.")
        return plain

    def counts(self, answer: Answer, classes: Collection[ClassName]) -> bool:
        """Say whether it is a text."""
        del classes
        return isinstance(answer, str) and (self.empty or bool(answer.strip()))

    def conclude(self, votes: Sequence[Vote], asked: Asked) -> Consensus:
        """Return the text that is nearest to all, and how like it half of the others are."""
        found = text_consensus([str(vote.answer) for vote in votes])
        return Consensus(
            answer=found.text,
            confidence=ALONE if found.backed is None else found.backed,
            method=METHOD,
            votes=ranked(votes),
            guideline=asked.guideline,
        )

    def same(self, one: Answer, other: Answer) -> bool:
        """Say whether the texts are the same but for case, white space and the forms of characters (NFKC)."""
        return normalized(str(one)) == normalized(str(other))

    def agreement(self, units: Sequence[Sequence[Answer]]) -> Measured:
        """Return the mean similarity of two labelers' texts."""
        return self.measures(units)[0]

    def measures(self, units: Sequence[Sequence[Answer]]) -> list[Measured]:
        """Return the mean similarity, and the share of texts that are equal."""
        found = text_agreement([[str(answer) for answer in unit] for unit in units])
        named = {"mean similarity of texts": found.similarity, "share of texts that are equal": found.exact}
        return [Measured(name=name, measure=measure, count=len(found)) for name, measure in named.items()]

    def ratings(self, units: Sequence[Sequence[Answer]]) -> None:
        """Return None: texts have no classes."""
        del units

    def findings(self, tasks: Votes, columns: Columns) -> list[Finding]:
        """Return ways of writing in which labelers differ, then slices."""
        texts = {task: [str(vote.answer) for vote in votes] for task, votes in tasks.items()}
        return [*optional_tokens(texts), *letter_case(texts), *disputed_slices(tasks, columns, self.same)]


def _can_be_kept(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= mark <= "\udfff" for mark in text)
