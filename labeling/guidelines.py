"""Which tasks a change of the guideline touches."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from labeling.label_space import translated
from schemas.answers import Answer, ClassName, named_in
from schemas.guidelines import Guideline
from schemas.labels import Vote

Pair = tuple[ClassName, ClassName]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A vote as it was cast, and the guideline version that the labeler had read."""

    vote: Vote
    guideline: int


def touches(settles: Iterable[Pair], answers: Collection[Answer | None] | Collection[Answer]) -> bool:
    """Say whether `answers` differ in a pair of classes that the guideline settles, or hold one that it split (None).

    They differ in a pair if one names the one class more often, and another the other: of single classes, if both were
    answered; of several classes, if one answer has the one without the other, and another the other way round.
    """
    if None in answers:
        return True
    named = [named_in(answer) for answer in answers if answer is not None]
    return any(_turned({(names[one], names[other]) for names in named}) for one, other in settles)


def _turned(counts: Collection[tuple[int, int]]) -> bool:
    """Say whether of two counts the first falls somewhere while the second rises."""
    ordered = sorted(counts, key=lambda pair: (-pair[0], pair[1]))
    return any(later[0] < pair[0] and later[1] > pair[1] for pair, later in combinations(ordered, 2))


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


def round_at(
    since: int, casts: Sequence[Cast], guidelines: Iterable[Guideline], named: Mapping[int, Collection[int]]
) -> int:
    """Return what became of a round that began with `since`, by all that publishing did to its task.

    As `round_of`, and by the versions too that name the task to be labeled anew: `named` says of each under which
    versions the task had been labeled when it was published. One that had no label in its round stays in it.
    """
    known = sorted(guidelines, key=lambda guideline: guideline.version)
    for place, one in enumerate(known):
        if one.version > since and (
            any(under >= since for under in named.get(one.version, ()))
            or touches(one.settles, meanings(casts, since, known[: place + 1]))
        ):
            since = one.version
    return since


def meanings(casts: Iterable[Cast], since: int, guidelines: Sequence[Guideline]) -> set[Answer | None]:
    """Return what votes of the round of `since` mean under the last of `guidelines`, which they were cast before."""
    last = guidelines[-1].version
    return {
        translated(cast.vote.answer, cast.guideline, guidelines) for cast in casts if since <= cast.guideline < last
    }
