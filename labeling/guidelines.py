"""Which tasks a change of the guideline touches."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from labeling.label_space import translated
from schemas.guidelines import Guideline
from schemas.labels import Answer, Vote

Pair = tuple[Answer, Answer]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A vote as it was cast, and the guideline version that the labeler had read."""

    vote: Vote
    guideline: int


def touches(settles: Iterable[Pair], answers: Collection[Answer | None]) -> bool:
    """Say whether `answers` hold both classes of a pair that the guideline settles, or one that it split (None)."""
    return None in answers or any(one in answers and other in answers for one, other in settles)


def current_votes(casts: Iterable[Cast], since: int, guidelines: Sequence[Guideline]) -> list[Vote]:
    """Return the votes that count in the round of guideline `since`: those cast under it or a later one.

    Their answers are what they mean under the last of `guidelines`, which are those after `since` at least.
    """
    counting = [cast for cast in casts if cast.guideline >= since]
    meant = [translated(cast.vote.answer, cast.guideline, guidelines) for cast in counting]
    return [
        cast.vote.model_copy(update={"answer": answer})
        for cast, answer in zip(counting, meant, strict=True)
        if answer is not None
    ]


def round_of(since: int, casts: Sequence[Cast], guidelines: Iterable[Guideline]) -> int:
    """Return the guideline version from which on votes on a task count; it stood at `since`.

    That is the latest version that settles a pair which the votes cast before it disagree about, or that splits a class
    which one of them names. Votes on their way while a version is published are judged by this too, so that none slips
    past the change; those of labelers who had read it are not.
    """
    known = sorted(guidelines, key=lambda guideline: guideline.version)
    for place, guideline in enumerate(known):
        if guideline.version > since and touches(guideline.settles, meanings(casts, since, known[: place + 1])):
            since = guideline.version
    return since


def meanings(casts: Iterable[Cast], since: int, guidelines: Sequence[Guideline]) -> set[Answer | None]:
    """Return what votes of the round of `since` mean under the last of `guidelines`, which they were cast before."""
    last = guidelines[-1].version
    return {
        translated(cast.vote.answer, cast.guideline, guidelines) for cast in casts if since <= cast.guideline < last
    }
