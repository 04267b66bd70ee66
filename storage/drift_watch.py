"""The watch as it stands before a window is judged: read from judged windows, whose sketches and labels are kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from quality.drift.baseline import LEAST_WINDOWS
from quality.drift.choosing import Chosen, Settled
from quality.drift.measured import Aspect, Measure, Measured
from quality.drift.reference import Reference, Window, reference, watching
from quality.drift.stretch import stretch
from quality.drift.watch import Watch
from quality.sketches.folding import Sketches, of_kind
from quality.sketches.window import Slice
from schemas.project import ProjectConfig
from storage import drift_labels
from storage.drift_alarms import DriftAlarm, open_alarms, settled
from storage.drift_windows import WHOLE, Next, Past, held, name_of, named, past
from storage.guidelines import times_of
from storage.promotions import find_promoted
from storage.releases import get_version

Measures = Mapping[Measure, Measured]

# An alarm's cause is asked again with each of so many windows after it.
ASKED_AGAIN = 8
# After so many windows an alarm is settled by the labels that there are. Where these are too few it stays open, but
# what moved is held against windows since then, and nothing is added to it any more.
PATIENCE = 16


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a new window is judged by.

    - watch: with its baseline, and the quiet windows that are looked at again
    - against: what values are held against
    - measured: what windows measured, by their numbers: those looked at again, and those of open alarms
    - recent: the numbers of the windows looked at again
    - alarms: those that are open, for `PATIENCE` windows at most
    - version: the dataset version whose training windows are the baseline; 0 where these follow the stream
    - baseline: the numbers of all windows that are held against
    - guideline: whether a version was published since
    """

    watch: Watch
    against: Reference
    measured: Mapping[int, Measures]
    recent: tuple[int, ...]
    alarms: Sequence[DriftAlarm]
    slices: Mapping[str, Slice]
    version: int
    baseline: frozenset[int]
    guideline: bool

    def after(self, number: int, window: Window, labels: Measures) -> "Standing":
        """Return this with what the new window measures."""
        return replace(self, measured={**self.measured, number: {**self.against.measured(window), **labels}})


def standing(connection: Connection, engine: Engine, project: ProjectConfig, window: Next) -> Standing:
    """Return what a new window is judged by; it reads the baseline and the last windows, however long the stream is."""
    before, name = past(connection, project.name), project.name
    version, fixed = _trained(engine, project, before)
    every = open_alarms(connection, name)
    alarms = [one for one in every if window.number <= one.last + PATIENCE]
    left = [Settled(measures=one.stood_out, number=one.last + PATIENCE) for one in every if one not in alarms]
    quiet = [one.number for one in before if not one.alarmed]
    chosen = Chosen(
        quiet=quiet,
        fixed=fixed,
        settled=[*settled(connection, name, min(quiet, default=0)), *left],
        reference=project.drift.reference,
    )
    alarmed = max((one.number for one in before if one.alarmed), default=0)
    recent = tuple(number for number in chosen.recent if number > alarmed)
    shown = {one.number for one in before if any(one.number in _asked_again(alarm) for alarm in alarms)}
    known = held(connection, name, {*chosen.needed, *recent, *shown})
    windows = _told_apart(known, chosen.needed, window.sketches[WHOLE])
    slices = {name_of(of): of for one in (*known.values(), window.sketches) for of in one}
    labels = {
        number: {measure: one for measure, one in each.items() if measure.slice in slices}
        for number, each in drift_labels.measured(connection, name, known).items()
    }
    against = _against(windows, chosen)
    measured = {number: {**against.measured(one), **labels.get(number, {})} for number, one in windows.items()}
    watch = _watch(measured, against, chosen, recent)
    base = frozenset(number for measure in watch.layout.measures for number in chosen.baseline(measure))
    return Standing(
        watch=replace(watch, open=frozenset(measure for alarm in alarms for measure in alarm.stood_out)),
        against=against,
        measured=measured,
        recent=recent,
        alarms=alarms,
        slices=slices,
        version=version,
        baseline=base,
        guideline=_is_changed(connection, name, before, base),
    )


def _asked_again(alarm: DriftAlarm) -> range:
    """Return the windows by which the cause of an alarm is asked."""
    return range(alarm.first, alarm.last + ASKED_AGAIN + 1)


def _trained(engine: Engine, project: ProjectConfig, before: Sequence[Past]) -> tuple[int, tuple[int, ...]]:
    """Return the version of the promoted model, and the last quiet windows from before its labels' instant.

    Version 0 and none where too few of these are kept.
    """
    promoted = find_promoted(engine, project.name)
    if promoted is None:
        return 0, ()
    as_of = get_version(engine, project.name, promoted.version).as_of
    fixed = [one.number for one in before if not one.alarmed and one.latest <= as_of][-project.drift.reference :]
    return (promoted.version, tuple(fixed)) if len(fixed) >= LEAST_WINDOWS else (0, ())


def _told_apart(
    known: Mapping[int, Mapping[Slice, Sketches]], baseline: Collection[int], now: Sketches
) -> dict[int, Window]:
    """Return windows without columns that have one value in all of the baseline: their slices are all samples.

    Nor do they hold fields of which another type was counted than is `now`, or which are not counted now.
    """
    values = {of for number in baseline for of in known.get(number, {})}
    many = {of.column for of in values if sum(other.column == of.column for other in values) > 1}
    return {
        number: named({of: _known(one, now) for of, one in window.items() if of == WHOLE or of.column in many})
        for number, window in known.items()
    }


def _known(some: Sketches, now: Sketches) -> Sketches:
    return {name: one for name, one in of_kind(some, now).items() if name in now}


def _against(windows: Mapping[int, Window], chosen: Chosen) -> Reference:
    """Return what each field is held against, by the windows of its own baseline."""
    keys = sorted({(name, field) for window in windows.values() for name, one in window.items() for field in one})
    by_windows: dict[tuple[int, ...], Reference] = {}
    fields = {}
    for name, field in keys:
        numbers = chosen.baseline(Measure(slice=name, field=field, aspect=Aspect.VALUES))
        if len(numbers) >= LEAST_WINDOWS:
            if numbers not in by_windows:
                by_windows[numbers] = reference([windows[number] for number in numbers])
            if (name, field) in by_windows[numbers].fields:
                fields[name, field] = by_windows[numbers].fields[name, field]
    return Reference(fields=fields)


def _watch(measured: Mapping[int, Measures], against: Reference, chosen: Chosen, recent: Sequence[int]) -> Watch:
    measures = {measure for window in measured.values() for measure in window}
    baselines = {measure: frozenset(chosen.baseline(measure)) for measure in measures}
    rows = [
        {measure: one for measure, one in measured[number].items() if number in baselines[measure]}
        for number in sorted(chosen.needed)
    ]
    again = [
        {measure: one for measure, one in measured[number].items() if chosen.is_recent(measure, number)}
        for number in recent
    ]
    watch = watching(rows, against)
    return replace(watch, recent=stretch(again, watch.layout))


def _is_changed(connection: Connection, project: str, before: Sequence[Past], baseline: Collection[int]) -> bool:
    """Say whether a guideline version was published after the last window of the baseline."""
    until: datetime | None = max((one.latest for one in before if one.number in baseline), default=None)
    return until is not None and any(at > until for version, at in times_of(connection, project).items() if version > 1)
