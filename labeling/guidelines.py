"""Which tasks a change of the guideline touches."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from schemas.labels import Answer, Guideline, Vote

Pair = tuple[Answer, Answer]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A vote, and the guideline version that the labeler had read."""

    vote: Vote
    guideline: int


def touches(settles: Iterable[Pair], answers: Collection[Answer]) -> bool:
    """Say whether `answers` hold both classes of a pair that the guideline settles."""
    return any(one in answers and other in answers for one, other in settles)


def current_votes(casts: Iterable[Cast], since: int) -> list[Vote]:
    """Return the votes that count in the round of guideline `since`: those cast under it or a later one."""
    return [cast.vote for cast in casts if cast.guideline >= since]


def round_of(since: int, casts: Sequence[Cast], guidelines: Iterable[Guideline]) -> int:
    """Return the guideline version from which on votes on a task count; it stood at `since`.

    That is the latest version that settles a pair which the votes before it disagree about. Votes on their way
    while a version is published are judged by this too, so that none slips past the change.
    """
    for guideline in sorted(guidelines, key=lambda guideline: guideline.version):
        answers = {vote.answer for vote in current_votes(casts, since)}
        if guideline.version > since and touches(guideline.settles, answers):
            since = guideline.version
    return since
