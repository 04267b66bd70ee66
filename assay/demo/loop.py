"""The loop, closed: a starved slice changes, an alarm names it, labels are bought, and the next model has learnt it."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar

from assay.demo.loop_report import Bought, LoopReport, Named, Part
from assay.demo.stages import patiently
from assay.demo.story import PATIENCE, Story
from catalog.slices import is_in
from examples.simulation.change import Change, Model
from examples.simulation.faults import Production
from quality.intervals import Interval, wilson
from quality.sketches.window import Slice
from schemas.drift import AlarmState
from schemas.errors import UnavailableError
from schemas.project import SliceRecipe
from schemas.routing import Quota
from storage import drift, releases, steering
from storage.drift_alarms import DriftAlarm, alarms
from storage.drift_windows import last_number
from storage.references import reference
from storage.slice_ledger import Line, ledger
from storage.training import model_of

T = TypeVar("T")

# Records that come before the change, and then part by part, until an alarm names the slice, until it has what it buys,
# and until the quota has what it wants: at most so many parts each time.
CALM, PART, PARTS = 1_500, 500, 16
# Labels of the slice that are asked for once the alarm is confirmed.
WANT = 60
# How many tasks are settled before it is asked again whether it is enough, which takes a second.
MORE = 25


@dataclass(kw_only=True)
class Loop:
    """What becomes of a change, on the platform that the story left running; each method is one stage."""

    story: Story
    change: Change
    model: Model
    version: int
    calm: list[Production] = field(default_factory=list)
    changed: list[Production] = field(default_factory=list)
    before: frozenset[int] = frozenset()

    @classmethod
    def of(cls, story: Story, change: Change) -> Self:
        """Return the loop of a story whose latest version's model is to predict from now on."""
        services = story.services
        version = releases.get_version(services.engine, story.project).version
        scores = model_of(services.project, services.storage, version).scores
        return cls(story=story, change=change, model=Model(name=f"version {version}", scores=scores), version=version)

    def run(self) -> LoopReport:
        """Tell of it and return the report.

        Raises:
            UnavailableError: no alarm named the slice, or it was not confirmed, or the quota did not fill.
        """
        stage = self.story.stages.stage
        with stage("loop_calm", f"Production goes on, with the model of version {self.version}", CALM) as done:
            self._produce(CALM, changed=False)
            self._check()
            done(CALM)
        before, self.before = self._line(), frozenset(one.alarm_id for one in self._alarms())
        with stage("loop_alarm", f"In {self._name} something changes; checks look for it"):
            self._until("an alarm that names the slice", lambda: self._alarm is not None)
            named_after = len(self.changed)
        with stage("loop_confirm", "Labels are bought to confirm the alarm; simulated labelers give them"):
            self._confirm()
        steering.want(self.story.services.engine, self.story.project, self._quota)
        with stage("loop_quota", "The quota of the slice fills; simulated labelers label it"):
            asked = self._line()
            self._until("a full quota", lambda: _selected(self._line()) >= _selected(asked) + WANT)
            self._label(lambda: self._line().consistent >= asked.consistent + WANT)
        self.story.build(f"v{self.version + 1}")
        return _patiently(lambda: self._report(before, asked, named_after))

    @property
    def _name(self) -> str:
        return f"{self.change.column} = {self.change.value}"

    @property
    def _quota(self) -> Quota:
        return Quota(column=self.change.column, value=self.change.value, want=WANT)

    @property
    def _alarm(self) -> DriftAlarm | None:
        """The first alarm since the change that names the slice."""
        of = Slice(column=self.change.column, value=self.change.value)
        return next((one for one in self._alarms() if one.of == of and one.alarm_id not in self.before), None)

    def _alarms(self) -> Sequence[DriftAlarm]:
        """Return all alarms, the first one first."""
        engine, name = self.story.services.engine, self.story.project
        return sorted(_patiently(lambda: alarms(engine, name)), key=lambda one: one.alarm_id)

    def _line(self) -> Line:
        services = self.story.services
        lines = _patiently(lambda: ledger(services.engine, services.project.config))
        return next(one for one in lines if (one.column, one.value) == (self.change.column, self.change.value))

    def _produce(self, count: int, *, changed: bool) -> None:
        """Publish so many records more, and wait until they are screened."""
        script, first = self.story.script, self.story.script.samples + len(self.calm) + len(self.changed)
        numbers = range(first, first + count)
        records = script.simulation.later(self.change, numbers, script.seed, self.model, changed=changed)
        (self.changed if changed else self.calm).extend(records)
        self.story.team.learn(records)
        self.story.publish(records)
        self.story.screened(lambda _: None)

    def _check(self) -> None:
        """Have all windows judged that there are by now, as the keeper does every ten seconds."""
        services = self.story.services
        while _patiently(lambda: drift.check(services.engine, services.project.config)).windows:
            pass

    def _until(self, what: str, is_there: Callable[[], bool]) -> None:
        """Publish part after part of the changed stream until something is there."""
        for _ in range(PARTS):
            if is_there():
                return
            self._produce(PART, changed=True)
            self._check()
        if not is_there():
            raise UnavailableError(f"{self._name} changed {len(self.changed)} records ago, and there is not {what}.")

    def _label(self, is_enough: Callable[[], bool]) -> None:
        """Have the team label until it is enough, or nothing waits."""
        asked_at = 0

        def is_over() -> bool:
            nonlocal asked_at
            depths = _patiently(self.story.depths)
            if depths.settled < asked_at and depths.open:
                return False
            asked_at = depths.settled + MORE
            return is_enough() or not depths.open

        self.story.label(until=is_over)

    def _confirm(self) -> None:
        """Have the alarm's labels selected and given; check, until it is settled."""

        def is_settled() -> bool:
            self._check()
            return self._alarm is not None and self._alarm.state is not AlarmState.OPEN

        def has_labels() -> bool:
            labels = self._alarm.receipt["labels"] if self._alarm else {}
            return is_settled() or labels.get("selected", 0) >= labels.get("wanted", 1)

        self._until("as many labels as the alarm buys", has_labels)
        self._label(is_settled)

    def _report(self, before: Line, asked: Line, named_after: int) -> LoopReport:
        line, named, engine = self._line(), self._alarm, self.story.services.engine
        with engine.connect() as connection:
            windows = last_number(connection, self.story.project)
        after = releases.get_version(engine, self.story.project).version
        assert named  # noqa: S101 - the stage of the alarm ended
        rows, all_rows = self._rows(self.version)
        return LoopReport(
            column=self.change.column,
            value=str(self.change.value),
            told=self.change.told,
            model=self.model.name,
            starved_rows=rows,
            starved_share=rows / all_rows,
            calm=self._part(self.calm),
            changed=self._part(self.changed),
            windows=windows,
            alarm=_named(named),
            others=tuple(_named(one) for one in self._alarms() if one.alarm_id != named.alarm_id),
            alarms_before=len(self.before),
            named_after=named_after,
            bought=Bought.model_validate(named.receipt["labels"]),
            wanted=WANT,
            selected=_selected(line) - _selected(asked),
            added=line.consistent - before.consistent,
            version=after,
            rows=self._rows(after)[0],
            held_out=line.trained[-1].found,
            state=line.state,
        )

    def _rows(self, version: int) -> tuple[int, int]:
        """Return how many rows of the slice a version was trained on, and of how many."""
        kept = reference(self.story.services.engine, self.story.project, version)
        counts = {of: next(iter(found.values())).rows for of, found in kept.items()}
        inside = counts.get(Slice(column=self.change.column, value=str(self.change.value)), 0)
        return inside, sum(count for of, count in counts.items() if of.column == "source")

    def _part(self, records: Sequence[Production]) -> Part:
        wrong = list(self._errors(records))
        return Part(records=len(records), inside=len(wrong), error=wilson(sum(wrong), len(wrong)))

    def _errors(self, records: Sequence[Production]) -> Iterator[bool]:
        """Yield of each record of the slice whether the model is wrong, which only the simulation knows."""
        recipe = SliceRecipe(column=self.change.column, value=self.change.value)
        for one in records:
            record = json.loads(one.value)
            if is_in(recipe, record, one.truth.answer):
                scores = record["prediction"]["scores"]
                yield max(scores, key=scores.__getitem__) != one.truth.answer


def _patiently(action: Callable[[], T]) -> T:
    return patiently("the database", action, seconds=PATIENCE)


def _selected(line: Line) -> int:
    return line.queued + line.labeled


def _named(one: DriftAlarm) -> Named:
    return Named(
        slice="" if one.of is None else f"{one.of.column} = {one.of.value}",
        field=one.field,
        aspect=one.aspect,
        component=one.component,
        p_value=one.p_value,
        effect=Interval(low=one.effect.low, estimate=one.effect.estimate, high=one.effect.high),
        state=one.state,
        cause=one.cause,
    )
