"""How far the labelers of a project agree: in all, by class, by pair of classes, and by slice, source and week."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labeling.agreement.breakdown import by_class, by_classes
from labeling.agreement.ratings import Codes, Ratings
from labeling.kinds import Kind
from quality.intervals import Interval, wilson
from schemas.answers import Answer, ClassName
from schemas.labels import Vote

# Resamples of an interval of the whole, and of each of its many parts.
WHOLE, PART = 1000, 200
# Tasks with two answers that a slice needs to be shown, and slices that are shown of a column, those of most tasks.
LEAST, MOST = 10, 12
# The same labels have the same intervals, whoever asks and whenever.
SEED = 7


@dataclass(frozen=True, kw_only=True)
class Coefficient:
    """A measure of agreement of all tasks; None where it is undefined."""

    name: str
    value: Interval | None


@dataclass(frozen=True, kw_only=True)
class ClassConcord:
    """How a class is agreed on: of `given` tasks that got it, `agreed` got nothing else; alpha is of whether it is it.

    Of boxes each two that were matched count in place of a task.
    """

    name: ClassName
    given: int
    agreed: int
    alpha: Interval | None


@dataclass(frozen=True, kw_only=True)
class PairConcord:
    """How two classes are told apart: `both` were given to so many tasks, of the `either` that got one of them.

    `apart` is 1 if they are never confused, 0 if as often as by chance. Of boxes as in `ClassConcord`.
    """

    one: ClassName
    other: ClassName
    both: int
    either: int
    apart: Interval | None


@dataclass(frozen=True, kw_only=True)
class SliceConcord:
    """The tasks where `column` is `value`: how many with two answers, the share disputed, and the kind's measure."""

    column: str
    value: str
    tasks: int
    disputed: Interval
    measure: Interval | None


@dataclass(frozen=True, kw_only=True)
class Concord:
    """How far labelers agree on the tasks that have two answers; `disputed` are those with two that are not the same.

    Of the `labels`, `simulated` are by simulated labelers. `measures` begin with the kind's own. Sets of classes have
    no `pairs`, for who names both confuses neither; texts have no classes. Columns of which one value alone has enough
    tasks have no `slices`.
    """

    tasks: int
    labels: int
    simulated: int
    disputed: Interval
    measures: tuple[Coefficient, ...]
    classes: tuple[ClassConcord, ...]
    pairs: tuple[PairConcord, ...]
    slices: tuple[SliceConcord, ...]


def concord(
    kind: Kind,
    tasks: Mapping[int, Sequence[Vote]],
    columns: Mapping[int, Mapping[str, str]],
    simulated: Collection[str] = (),
) -> Concord:
    """Return the agreement of the votes that count, by task; `columns` holds what to slice by, by task too.

    `simulated` names the labelers who are.
    """
    shared = {task: [vote.answer for vote in votes] for task, votes in tasks.items() if len(votes) > 1}
    torn = {task: _is_torn(kind, answers) for task, answers in shared.items()}
    units = list(shared.values())
    ratings = kind.ratings(units)
    return Concord(
        tasks=len(units),
        labels=sum(map(len, units)),
        simulated=sum(vote.labeler in simulated for task in shared for vote in tasks[task]),
        disputed=wilson(sum(torn.values()), len(units)),
        measures=tuple(
            Coefficient(name=one.name, value=one.interval(seed=SEED, resamples=WHOLE)) for one in kind.measures(units)
        ),
        classes=_classes(ratings) if ratings else (),
        pairs=_pairs(ratings) if ratings and all(isinstance(answer, str) for answer in ratings.answers) else (),
        slices=tuple(_slices(kind, shared, torn, columns)),
    )


def _is_torn(kind: Kind, answers: Sequence[Answer]) -> bool:
    return not all(kind.same(*pair) for pair in combinations(set(answers), 2))


def _classes(ratings: Ratings) -> tuple[ClassConcord, ...]:
    parts = by_class(ratings, seed=SEED, resamples=PART)
    held = {name: _holding(ratings, str(name)) for name in parts}
    return tuple(
        ClassConcord(
            name=str(name), given=part.units, agreed=int((held[name] == ratings.sizes).sum()), alpha=part.measure
        )
        for name, part in sorted(parts.items(), key=lambda item: str(item[0]))
    )


def _holding(ratings: Ratings, name: ClassName) -> Codes:
    """Return how many answers of each unit are the class, or hold it."""
    sets = [answer if isinstance(answer, frozenset) else {answer} for answer in ratings.answers]
    holds = np.array([name in each for each in sets])
    return np.bincount(ratings.units[holds[ratings.values]], minlength=ratings.count)


def _pairs(ratings: Ratings) -> tuple[PairConcord, ...]:
    given = {str(name): int(count) for name, count in zip(ratings.answers, np.diff(ratings.counts.indptr), strict=True)}
    return tuple(
        PairConcord(
            one=min(str(one), str(other)),
            other=max(str(one), str(other)),
            both=part.units,
            either=given[str(one)] + given[str(other)] - part.units,
            apart=part.measure,
        )
        for (one, other), part in by_classes(ratings, seed=SEED, resamples=PART).items()
    )


def _slices(
    kind: Kind,
    shared: Mapping[int, Sequence[Answer]],
    torn: Mapping[int, bool],
    columns: Mapping[int, Mapping[str, str]],
) -> list[SliceConcord]:
    held: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for task in shared:
        for column, value in columns.get(task, {}).items():
            held[column][value].append(task)
    found = []
    for column, values in sorted(held.items()):
        enough = {value: tasks for value, tasks in values.items() if len(tasks) >= LEAST}
        if len(enough) > 1:
            largest = sorted(enough, key=lambda value: (-len(enough[value]), value))[:MOST]
            found += [_slice(kind, (column, value), shared, torn, enough[value]) for value in largest]
    return found


def _slice(
    kind: Kind,
    name: tuple[str, str],
    shared: Mapping[int, Sequence[Answer]],
    torn: Mapping[int, bool],
    tasks: Sequence[int],
) -> SliceConcord:
    column, value = name
    return SliceConcord(
        column=column,
        value=value,
        tasks=len(tasks),
        disputed=wilson(sum(torn[task] for task in tasks), len(tasks)),
        measure=kind.agreement([shared[task] for task in tasks]).interval(seed=SEED, resamples=PART),
    )
