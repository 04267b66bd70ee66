"""What a guideline's revision did: agreement before and after, and the labels that it cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from labeling.guidelines import Cast, current_votes, meanings, round_of, touches
from labeling.kinds import kind_of
from quality.intervals import Interval, wilson
from schemas.answers import Answer, AnswerKind, ClassName, named_in
from schemas.errors import InputError
from schemas.guidelines import Guideline
from schemas.project import LabelSpace

# The kinds of label whose measure of agreement is an alpha.
WITH_ALPHA = {AnswerKind.CLASSIFICATION, AnswerKind.MULTILABEL}


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Of tasks with two answers or more, the share that labelers disagreed on, with 95 %, and Krippendorff's alpha.

    Alpha falls as a class gets rare, however seldom labelers disagree: compare it where classes are alike in share. Of
    several classes it is that by MASI; boxes and texts have none.
    """

    tasks: int
    disputed: Interval
    alpha: float | None


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What version `version` did.

    `touched` are the tasks that it had labeled anew, with `labels` since. They were chosen for their disagreement, so
    any second look at them would agree more. `fresh` is the comparison to go by: of tasks that got an answer of a class
    that the version is about, those first labeled under the version before, and those first labeled under this one.
    """

    version: int
    tasks: int
    labels: int
    touched_before: Agreement
    touched_after: Agreement
    fresh_before: Agreement
    fresh_after: Agreement


def effect(
    version: int, casts: Mapping[int, Sequence[Cast]], guidelines: Sequence[Guideline], labels: LabelSpace
) -> Effect:
    """Return what a published version did, from all votes ever cast, by task, and every version.

    Raises:
        InputError: it was the first, or never published.
    """
    known = sorted(guidelines, key=lambda one: one.version)
    before = [one for one in known if one.version < version]
    new = next((one for one in known if one.version == version), None)
    if new is None or not before:
        raise InputError(f"Version {version} replaced no other: the effect is that of a version from 2 on.")
    touched = {task: given for task, given in casts.items() if _is_touched(task, given, [*before, new])}
    anew = {task: _until_reopened(task, given, version, known) for task, given in touched.items()}
    about = {name for pair in new.settles for name in pair} | {
        name for change in new.changes for name in (*change.takes, *change.gives)
    }
    last = before[-1].version
    return Effect(
        version=version,
        tasks=len(touched),
        labels=sum(map(len, anew.values())),
        touched_before=agreement(
            (_answers(_round_before(given, before), before) for given in touched.values()), labels
        ),
        touched_after=agreement((_answers(given, known) for given in anew.values()), labels),
        fresh_before=agreement(_about(about, (_answers(_of(given, last), before) for given in casts.values())), labels),
        fresh_after=agreement(
            _about(about, (_answers(_of(given, version), [new]) for given in casts.values())), labels
        ),
    )


def agreement(units: Iterable[Sequence[Answer]], labels: LabelSpace) -> Agreement:
    """Return how far the answers to each task agree."""
    kind, shared = kind_of(labels), [unit for unit in units if len(unit) > 1]
    disputed = sum(not all(kind.same(*pair) for pair in combinations(set(unit), 2)) for unit in shared)
    alpha = kind.agreement(shared).estimate if labels.kind in WITH_ALPHA else None
    return Agreement(tasks=len(shared), disputed=wilson(disputed, len(shared)), alpha=alpha)


def _is_touched(task: int, casts: Sequence[Cast], known: Sequence[Guideline]) -> bool:
    return task in known[-1].reopens or touches(known[-1].settles, meanings(_round_before(casts, known[:-1]), 0, known))


def _round_before(casts: Sequence[Cast], before: Sequence[Guideline]) -> list[Cast]:
    """Return the votes that counted when the next version came."""
    given = [cast for cast in casts if cast.guideline <= before[-1].version]
    return _since(given, round_of(before[0].version, given, before))


def _until_reopened(task: int, casts: Sequence[Cast], version: int, known: Sequence[Guideline]) -> list[Cast]:
    """Return the votes since a version that reopened their task, up to the next one that did."""
    given = _since(casts, version)
    following = (one for one in known if one.version > version)
    end = next((one.version for one in following if _reopens(one, task, given, version, known)), None)
    return [cast for cast in given if end is None or cast.guideline < end]


def _reopens(one: Guideline, task: int, given: Sequence[Cast], since: int, known: Sequence[Guideline]) -> bool:
    return task in one.reopens or round_of(since, given, _up_to(one.version, known)) == one.version


def _up_to(version: int, known: Sequence[Guideline]) -> list[Guideline]:
    return [one for one in known if one.version <= version]


def _since(casts: Sequence[Cast], version: int) -> list[Cast]:
    return [cast for cast in casts if cast.guideline >= version]


def _of(casts: Sequence[Cast], version: int) -> list[Cast]:
    """Return the votes under a version on a task that was first labeled under it."""
    is_fresh = min(cast.guideline for cast in casts) == version
    return [cast for cast in casts if is_fresh and cast.guideline == version]


def _answers(casts: Sequence[Cast], guidelines: Sequence[Guideline]) -> list[Answer]:
    return [vote.answer for vote in current_votes(casts, 0, guidelines)]


def _about(classes: set[ClassName], units: Iterable[Sequence[Answer]]) -> list[Sequence[Answer]]:
    return [unit for unit in units if any(not classes.isdisjoint(named_in(answer)) for answer in unit)]
