"""The label space under successive guidelines: what an earlier answer means now, and which changes may be made."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from schemas.answers import Answer, AnswerKind, ClassName, drawn, several
from schemas.boxes import Box
from schemas.errors import InputError
from schemas.guidelines import ClassChange, Definition, Guideline
from schemas.project import LabelSpace

# How many problems of a change are told at once.
SHOWN = 5


def translated(answer: Answer, given_under: int, guidelines: Iterable[Guideline]) -> Answer | None:
    """Return what an answer that was given under a version means under the last of `guidelines`, in canonical form.

    None where a class that it names was split since. Versions up to `given_under` change nothing; the others are
    applied in their order, each as a whole, so that two classes may exchange their names. Where texts are asked for
    there are no classes, so none changes, and a text stays what it is.
    """
    changes = [one.changes for one in sorted(guidelines, key=_version) if one.version > given_under and one.changes]
    if not changes:
        return answer
    return meant(answer, changes) if isinstance(answer, str) else _meant(answer, changes)


def meant(name: ClassName, changes: Iterable[Sequence[ClassChange]]) -> ClassName | None:
    """Return what became of a class by successive changes, None where it was split."""
    for some in changes:
        change = next((one for one in some if name in one.takes), None)
        if change is not None and change.splits:
            return None
        name = name if change is None else change.gives[0]
    return name


def _meant(answer: Sequence[ClassName] | Sequence[Box], changes: Sequence[Sequence[ClassChange]]) -> Answer | None:
    names = [meant(part if isinstance(part, str) else part.name, changes) for part in answer]
    found = [name for name in names if name is not None]
    if len(found) < len(names):
        return None
    boxes = [box for box in answer if isinstance(box, Box)]
    if not boxes:
        return several(found)
    return drawn(box.model_copy(update={"name": name}) for box, name in zip(boxes, found, strict=True))


def _version(guideline: Guideline) -> int:
    return guideline.version


def scores_now(scores: Mapping[ClassName, float], guidelines: Sequence[Guideline]) -> dict[ClassName, float]:
    """Return a model's scores by today's classes; it may know those of any of the guidelines, which are all there were.

    Scores of merged classes add up; that of a class which was split says nothing of its parts, and is left out.
    """
    now, found = _now(guidelines), dict[ClassName, float]()
    for name, score in scores.items():
        today = now(name)
        if today is not None:
            found[today] = found.get(today, 0.0) + score
    return found


def answer_now(answer: ClassName | Sequence[ClassName], guidelines: Sequence[Guideline]) -> Answer | None:
    """Return a class, or several, by today's classes, as `scores_now` does; None where one of them was split since."""
    now = _now(guidelines)
    if isinstance(answer, str):
        return now(answer)
    found = [name for name in map(now, answer) if name is not None]
    return several(found) if len(found) == len(answer) else None


def _now(guidelines: Sequence[Guideline]) -> Callable[[ClassName], ClassName | None]:
    """Return what says of a class of any of the guidelines, which are all there were, what it is called today."""
    classes = guidelines[-1].classes if guidelines else ()
    changes = [one.changes for one in sorted(guidelines, key=_version)]
    return lambda name: name if name in classes else meant(name, changes)


def retold(changes: Iterable[ClassChange]) -> frozenset[ClassName]:
    """Return the classes whose earlier labels mean another class now, without anybody's looking again."""
    return frozenset(name for change in changes if not change.splits for name in change.takes)


def left(definitions: Iterable[Definition], changes: Sequence[ClassChange]) -> tuple[Definition, ...]:
    """Return the definitions that stand after changes which bring none of their own: those of no class that is gone."""
    taken = {name for change in changes for name in change.takes}
    given = {name for change in changes for name in change.gives}
    return tuple(one for one in definitions if one.name not in taken or one.name in given)


def check_changes(
    before: Sequence[ClassName],
    after: Sequence[ClassName],
    changes: Sequence[ClassChange],
    labels: LabelSpace,
) -> None:
    """Refuse changes after which a label of a class of `before` would mean nothing in `after`.

    Raises:
        InputError: names the class, and what to add.
    """
    problems = [*_unclear(after, labels), *_unfounded(before, after, changes), *_lost(before, after, changes)]
    if problems:
        more = f"; and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        raise InputError(f"The classes cannot be changed like that: {'; '.join(problems[:SHOWN])}{more}.")


def _unclear(after: Sequence[ClassName], labels: LabelSpace) -> Iterable[str]:
    twice = [name for name, times in Counter(after).items() if times > 1]
    if labels.kind is AnswerKind.TEXT and after:
        yield "texts have no classes: leave definitions out"
    if len(set(after)) < labels.fewest:
        yield f"define {labels.fewest} classes at least"
    if twice:
        yield f"{', '.join(map(repr, twice))} is defined twice: define each class once"


def _unfounded(
    before: Sequence[ClassName], after: Sequence[ClassName], changes: Sequence[ClassChange]
) -> Iterable[str]:
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


def _lost(before: Sequence[ClassName], after: Sequence[ClassName], changes: Sequence[ClassChange]) -> Iterable[str]:
    taken = {name for change in changes for name in change.takes}
    for name in before:
        if name not in taken and name not in after:
            yield f"labels of {name!r} would mean nothing: define it still, or rename, merge or split it"
