"""Our watch on a stream: sketches of each window, and nothing else, against those of the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from bench.drift.tables import Answers, Table
from quality.drift.budget import Budget
from quality.drift.cause import Cause, cause
from quality.drift.evidence import evidence
from quality.drift.labeled import confidence, errors
from quality.drift.measured import Aspect, Measure, Measured
from quality.drift.reference import Window, reference, watching
from quality.drift.watch import Alarm, Watch, check, closed, followed
from quality.sketches.folding import merged, sketched

# Windows after an alarm that confirm it, before its cause is named.
CONFIRMING = 2

Measures = Mapping[Measure, Measured]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The windows in which an alarm was raised, by their places in the stream, and what each of them said.

    The cause is that of the first alarm from the onset on.
    """

    windows: tuple[int, ...]
    alarms: tuple[tuple[Alarm, ...], ...]
    cause: Cause | None = None


def sketches(table: Table, window: int) -> Window:
    """Return the sketches of a window, of all and of each value of each attribute."""
    places = table.places(window)
    columns = {name: column[places] for name, column in table.columns.items()}
    count = len(next(iter(columns.values())))
    found = {"": sketched(columns, np.zeros(count, np.int64), 1)[0]}
    for attribute, values in table.attributes.items():
        names, codes = np.unique(np.asarray(values[places]), return_inverse=True)
        parts = sketched(columns, codes.astype(np.int64), len(names))
        found |= {f"{attribute}={name}": part for name, part in zip(names.tolist(), parts, strict=True)}
        if len(table.attributes) == 1:
            found[""] = reduce(merged, parts)
    return found


def labeled(table: Table, window: int) -> dict[Measure, Measured]:
    """Return what the labels of a window say."""
    places = table.places(window)
    found = {}
    if table.wrong is not None:
        wrong = table.wrong[places]
        found[Measure(aspect=Aspect.ERRORS)] = _counted(wrong)
        for attribute, values in table.attributes.items():
            here = np.asarray(values[places])
            for name in np.unique(here).tolist():
                found[Measure(slice=f"{attribute}={name}", aspect=Aspect.ERRORS)] = _counted(wrong[here == name])
        if table.confidence is not None:
            audited = wrong >= 0
            tops = table.confidence[places][audited].tolist()
            found[Measure(aspect=Aspect.CONFIDENCE)] = confidence(tops, (wrong[audited] == 0).tolist())
    if table.gold is not None:
        found[Measure(aspect=Aspect.GOLD)] = _counted(table.gold[places])
    return found


def _counted(answers: Answers) -> Measured:
    return errors(int((answers == 1).sum()), int((answers >= 0).sum()))


def watched(
    table: Table, budget: Budget, *, onset: int | None = None, guideline: bool = False, following: bool = False
) -> Outcome:
    """Return when the watch raised alarms; those before an onset, or without one, are withdrawn at once.

    With an onset nothing is looked at after the first alarm from there on. `guideline` says whether a version was
    published with the onset, and `following` whether baselines follow the stream.
    """
    kept = [sketches(table, window) for window in range(table.windows)]
    against = reference(kept[: table.reference])
    measured = [{**against.measured(one), **labeled(table, place)} for place, one in enumerate(kept)]
    watch = watching(measured[: table.reference], against)
    windows, alarms = [], []
    for place in range(table.reference, table.windows):
        watch, raised = check(watch, measured[place], budget.level)
        if raised:
            windows.append(place)
            alarms.append(raised)
            if onset is not None and place >= onset:
                named = _named(watch, measured[place - raised[0].windows + 1 : place + CONFIRMING + 1], guideline)
                return Outcome(windows=tuple(windows), alarms=tuple(alarms), cause=named)
            watch = reduce(closed, [alarm.measure for alarm in raised], watch)
        watch = followed(watch) if following else watch
    return Outcome(windows=tuple(windows), alarms=tuple(alarms))


def _named(watch: Watch, stretch: Sequence[Measures], guideline: bool) -> Cause:  # noqa: FBT001
    """Return the cause that an alarm's windows, and those that confirm it, speak for."""
    return cause(evidence(watch, stretch, guideline=guideline))
