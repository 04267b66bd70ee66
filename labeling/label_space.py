"""The label space under successive guidelines: what an earlier answer means now, and which changes may be made."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from schemas.errors import InputError
from schemas.guidelines import ClassChange, Definition, Guideline
from schemas.labels import Answer

# How many problems of a change are told at once.
SHOWN = 5


def translated(answer: Answer, given_under: int, guidelines: Iterable[Guideline]) -> Answer | None:
    """Return what an answer that was given under a version means under the last of `guidelines`.

    None where its class was split since. Versions up to `given_under` change nothing; the others are applied in
    their order, each as a whole, so that two classes may exchange their names.
    """
    found: Answer | None = answer
    for guideline in sorted(guidelines, key=lambda one: one.version):
        if guideline.version > given_under and found is not None:
            found = _through(guideline.changes, found)
    return found


def _through(changes: Sequence[ClassChange], answer: Answer) -> Answer | None:
    for change in changes:
        if answer in change.takes:
            return None if change.splits else change.gives[0]
    return answer


def scores_now(scores: Mapping[Answer, float], guidelines: Sequence[Guideline]) -> dict[Answer, float]:
    """Return a model's scores by today's classes; it may know those of any of the guidelines, which are all there were.

    Scores of merged classes add up; that of a class which was split says nothing of its parts, and is left out.
    """
    classes, found = guidelines[-1].classes if guidelines else tuple(scores), dict[Answer, float]()
    for name, score in scores.items():
        meant = name if name in classes else translated(name, 0, guidelines)
        if meant is not None:
            found[meant] = found.get(meant, 0.0) + score
    return found


def retold(changes: Iterable[ClassChange]) -> frozenset[Answer]:
    """Return the classes whose earlier labels mean another class now, without anybody's looking again."""
    return frozenset(name for change in changes if not change.splits for name in change.takes)


def left(definitions: Iterable[Definition], changes: Sequence[ClassChange]) -> tuple[Definition, ...]:
    """Return the definitions that stand after changes which bring none of their own: those of no class that is gone."""
    taken = {name for change in changes for name in change.takes}
    given = {name for change in changes for name in change.gives}
    return tuple(one for one in definitions if one.name not in taken or one.name in given)


def check_changes(before: Sequence[Answer], after: Sequence[Answer], changes: Sequence[ClassChange]) -> None:
    """Refuse changes after which a label of a class of `before` would mean nothing in `after`.

    Raises:
        InputError: names the class, and what to add.
    """
    problems = [*_unclear(after), *_unfounded(before, after, changes), *_lost(before, after, changes)]
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InputError(f"The classes cannot be changed like that: {'; '.join(problems[:SHOWN])}{more}.")


def _unclear(after: Sequence[Answer]) -> Iterable[str]:
    twice = [name for name, times in Counter(after).items() if times > 1]
    if len(set(after)) < 2:  # noqa: PLR2004 - with one class there is nothing to decide
        yield "define two classes at least"
    if twice:
        yield f"{', '.join(map(repr, twice))} is defined twice: define each class once"


def _unfounded(before: Sequence[Answer], after: Sequence[Answer], changes: Sequence[ClassChange]) -> Iterable[str]:
    taken = Counter(name for change in changes for name in change.takes)
    given = {name for change in changes for name in change.gives}
    for name, times in taken.items():
        if name not in before:
            yield f"{name!r} is no class now: GET /v1/guideline says which are"
        elif times > 1:
            yield f"{name!r} is taken by {times} changes: say in one what becomes of it"
        elif name in after and name not in given:
            yield f"{name!r} is taken and still defined: leave its definition out, or let a change give it"
    for name in dict.fromkeys(name for change in changes for name in change.gives):
        if name not in after:
            yield f"{name!r} is given, but not defined: add its definition"


def _lost(before: Sequence[Answer], after: Sequence[Answer], changes: Sequence[ClassChange]) -> Iterable[str]:
    taken = {name for change in changes for name in change.takes}
    for name in before:
        if name not in taken and name not in after:
            yield f"labels of {name!r} would mean nothing: define it still, or rename, merge or split it"
