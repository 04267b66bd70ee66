"""The check of a stream: each window is judged once, a shift raises one alarm, and labels confirm it or withdraw it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, func, insert, select

from catalog.evaluation import TrainingReport
from catalog.promotion import Promotion
from quality.drift.measured import Aspect
from quality.intervals import Interval
from quality.sketches.window import Dispositions, Slice, StreamWindow, sliced
from schemas.drift import AlarmState
from schemas.guidelines import ClassChange, Draft
from schemas.labels import Purpose
from schemas.project import OverlapPolicy, ProjectConfig
from schemas.routing import Confirming
from schemas.topics import Topics
from schemas.verdicts import Origin, Reason, Selection, TaskRequest, Versions
from storage import drift, drift_alarms, gold, sketches, steering
from storage.answers import answer
from storage.consensus import settle
from storage.drift_tables import DriftAlarmRow, DriftLabelRow, DriftSketchRow, DriftWindowRow
from storage.guidelines import ensure
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.sketch_upkeep import keep_windows
from storage.tables import DatasetVersionRow, TrainingRow
from storage.testing import enlist, label_next, project_config, task_request

RECORDS, MINUTE, BEGAN = 300, 60_000, 1_767_600_000_000
SLICES = ("camera-a", "camera-b", "camera-c", "camera-d")
SHIFTED = Slice(column="source", value="camera-b")
SHIFT = {"camera-b": 1.5}


@dataclass
class Stream:
    """A project whose stream is written as windows of sketches, in turn into two partitions."""

    engine: Engine
    project: ProjectConfig
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(3))
    windows: int = 0
    samples: int = 0

    @classmethod
    def of(cls, engine: Engine, **changes: object) -> "Stream":
        """Return the stream of a new project that is checked every 600 records, against 12 windows."""
        policy = {"records": 2 * RECORDS, "minutes": 1, "reference": 12, "labels": 20, **changes}
        overlap = {"first": 1, "most": 3, "threshold": 0.7}
        return cls(engine=engine, project=project_config(f"p-{uuid4().hex[:8]}", overlap=overlap, drift=policy))

    @property
    def topic(self) -> str:
        """The topic of samples."""
        return Topics(project=self.project.name).samples

    def flows(self, windows: int, *, shift: Mapping[str, float] | None = None, numbered: bool = False) -> None:
        """Write so many windows of 600 records; the sizes of some sources are shifted by so many deviations.

        Tones are names, or numbers.
        """
        for _ in range(2 * windows):
            sources = self.random.choice(SLICES, RECORDS).tolist()
            size = self.random.normal(0, 1, RECORDS) + [(shift or {}).get(one, 0.0) for one in sources]
            tone = self.random.choice(["high", "low"], RECORDS).tolist()
            tones = np.array([float(one == "high") for one in tone]) if numbered else tone
            found = sliced("source", sources, {"size": size, "tone": tones})
            partition, number = self.windows % 2, self.windows // 2
            at = BEGAN + self.windows * MINUTE
            window = StreamWindow(
                first=number * RECORDS,
                next=(number + 1) * RECORDS,
                earliest=at,
                latest=at + MINUTE - 1,
                ended=Dispositions(accepted=RECORDS),
                by_slice={of: Dispositions(accepted=count) for of, (count, _) in found.items()},
                sketches={of: one for of, (_, one) in found.items()},
            )
            with self.engine.begin() as connection:
                sketches.keep(connection, self.topic, partition, [window])
            self.windows += 1

    def labels(self, right: int, wrong: int, *, alarm: int | None = None, source: str = "camera-b") -> None:
        """Have so many samples labeled as was predicted, and otherwise: of the audit, or those that an alarm bought."""
        given = ["cat"] * right + ["dog"] * wrong
        reason = Reason.AUDIT if alarm is None else Reason.DRIFT
        chosen = Selection(reasons=(reason,), scores={}, propensity=0.1, alarms=() if alarm is None else (alarm,))
        places = range(self.samples, self.samples + len(given))
        enqueue(self.engine, self.project, [self._request(place, source, chosen) for place in places])
        self.samples += len(given)
        ada = enlist(self.engine, self.project.name, f"ada-{self.samples}")
        settle(self.engine, self.project, [label_next(self.engine, self.project, ada, answer) for answer in given])

    def waits(self, count: int, *, alarm: int) -> None:
        """Have so many samples selected for an alarm, of which nobody labels any."""
        chosen = Selection(reasons=(Reason.DRIFT,), scores={}, propensity=0.1, alarms=(alarm,))
        places = range(self.samples, self.samples + count)
        enqueue(self.engine, self.project, [self._request(place, "camera-b", chosen) for place in places])
        self.samples += count

    def _request(self, place: int, source: str, selection: Selection) -> TaskRequest:
        return TaskRequest(
            origin=Origin(topic=self.topic, partition=0, offset=place),
            sample={
                "contract": 1,
                "sample_id": f"s{place}",
                "source": source,
                "occurred_at": "2026-01-01T00:00:00Z",
                "payload": {"size": place},
                "prediction": {"model": "m1", "scores": {"cat": 0.9, "dog": 0.1}},
            },
            selection=selection,
            versions=Versions(contract=1, suite="s", policy="p"),
        )

    def promote(self, version: int, *, windows: int) -> None:
        """Have the model of a version promoted whose labels are from after so many windows."""
        as_of = datetime.fromtimestamp(BEGAN / 1000, UTC) + timedelta(minutes=2 * windows)
        name, none = self.project.name, Interval(estimate=0.0, low=0.0, high=0.0)
        report = TrainingReport(
            project=name,
            version=version,
            baseline="gold seed",
            train=1,
            test=1,
            simulated=0,
            accuracy=none,
            baseline_accuracy=none,
            gain=none,
            classes={},
            promotion=Promotion(promoted=True, against="gold seed", checks=()),
        )
        released = {"content_hash": "x", "rows": 1, "location": "x", "manifest": {}, "as_of": as_of}
        with self.engine.begin() as connection:
            connection.execute(insert(DatasetVersionRow).values(project=name, version=version, **released))
            trained = {"project": name, "version": version, "report": report.model_dump(mode="json")}
            connection.execute(insert(TrainingRow).values(trained))

    def make_gold(self) -> None:
        """Have one task settled by a lead, and mixed into every claim from now on."""
        name, overlap = self.project.name, {"first": 2, "most": 2, "gold_share": 1.0}
        plain = project_config(name, overlap={**overlap, "gold_share": 0.0})
        ensure(self.engine, name, "A cat has whiskers.", plain.labels.classes)
        enqueue(self.engine, plain, [task_request(name, 9_000)])
        tasks = [label_next(self.engine, plain, enlist(self.engine, name, given), given) for given in ("cat", "dog")]
        settle(self.engine, plain, tasks)
        lead = enlist(self.engine, name, "lead", lead=True)
        assignment = claim(self.engine, plain, lead, Purpose.EXPERT)
        assert assignment is not None
        answer(self.engine, plain, lead, assignment.assignment_id, "fox")
        settle(self.engine, plain, tasks)
        gold.make(self.engine, plain, lead, assignment.task_id)
        enqueue(self.engine, plain, [task_request(name, 9_001)])
        self.project = self.project.model_copy(update={"overlap": OverlapPolicy.model_validate(overlap)})

    def answers(self, right: int, wrong: int) -> None:
        """Have as many newcomers answer gold, each once."""
        for given in ["fox"] * right + ["cat"] * wrong:
            newcomer = enlist(self.engine, self.project.name, uuid4().hex)
            label_next(self.engine, self.project, newcomer, given)

    def check(self) -> drift.Checked:
        """Check it."""
        return drift.check(self.engine, self.project)

    def alarms(self) -> list[drift_alarms.DriftAlarm]:
        """Return its alarms, newest first."""
        return drift_alarms.alarms(self.engine, self.project.name)

    def bought(self) -> tuple[Confirming, ...]:
        """Return what routing is to buy."""
        told = steering.newest(self.engine, self.project.name)
        return () if told is None else told.confirming

    def counted(self) -> list[int]:
        """Return how many rows each table of drift has of it."""
        tables = (DriftWindowRow, DriftSketchRow, DriftLabelRow, DriftAlarmRow)
        with self.engine.connect() as connection:
            return [
                connection.scalar(select(func.count()).where(table.project == self.project.name)) or 0
                for table in tables
            ]


def alarmed(engine: Engine) -> Stream:
    """Return a stream of which a slice has been shifted, with an alarm that is open."""
    stream = Stream.of(engine)
    stream.flows(14)
    stream.labels(right=36, wrong=4)
    stream.flows(1)
    stream.check()
    stream.flows(1, shift=SHIFT)
    stream.check()
    return stream


def test_a_quiet_stream_raises_no_alarm(engine: Engine) -> None:
    """Forty windows of two partitions; the first eight are what the others are held against."""
    stream = Stream.of(engine)
    stream.flows(40)
    found = stream.check()
    assert [one.number for one in found.windows] == list(range(1, 41))
    assert {one.records for one in found.windows} == {2 * RECORDS}
    assert [one.baseline for one in found.windows[:10]] == [0] * 8 + [8, 8]
    assert found.windows[-1].baseline == 12
    assert stream.alarms() == []


def test_windows_wait_until_enough_has_come(engine: Engine) -> None:
    """Both of records and of time, as it was published; a check without anything new judges nothing."""
    stream = Stream.of(engine, minutes=4)
    stream.flows(3)
    assert len(stream.check().windows) == 1
    found = stream.check()
    assert (found.windows, found.waiting.records) == ((), RECORDS)


def test_a_shifted_slice_raises_one_alarm_that_names_slice_and_field(engine: Engine) -> None:
    """Although it shows in all samples too, and goes on; the receipt says what it was held against."""
    stream = alarmed(engine)
    stream.flows(4, shift=SHIFT)
    stream.check()
    (alarm,) = stream.alarms()
    assert (alarm.of, alarm.field, alarm.aspect, alarm.component) == (SHIFTED, "size", Aspect.VALUES, "location")
    assert (alarm.state, alarm.cause) == (AlarmState.OPEN, "world")
    assert (alarm.first, alarm.last) == (16, 16)
    assert 0.2 < alarm.effect.low < 0.36 < alarm.effect.high
    assert alarm.receipt["reference"] == {"version": 0, "windows": list(range(1, 9))}
    assert {one["field"] for one in alarm.measures} == {"size"}


def test_an_alarm_has_routing_buy_labels_of_its_slice(engine: Engine) -> None:
    """Through the steering, until it is settled."""
    stream = alarmed(engine)
    (alarm,) = stream.alarms()
    want = 20 * stream.project.partitions  # of each partition its part, since a source comes in one alone
    bought = Confirming(alarm=alarm.alarm_id, column="source", value="camera-b", want=want)
    assert stream.bought() == (bought,)
    stream.labels(right=20, wrong=0, alarm=alarm.alarm_id)
    stream.check()
    assert stream.bought() == ()


def test_samples_that_wait_for_their_labels_are_not_bought_again(engine: Engine) -> None:
    """Once as many are selected as an alarm wants, each partition wants its part and no more."""
    stream = alarmed(engine)
    (alarm,) = stream.alarms()
    stream.waits(20, alarm=alarm.alarm_id)
    stream.flows(1, shift=SHIFT)
    stream.check()
    assert [one.want for one in stream.bought()] == [20]


@pytest.mark.parametrize(("right", "wrong", "state"), [(18, 2, AlarmState.WITHDRAWN), (8, 12, AlarmState.CONFIRMED)])
def test_labels_confirm_an_alarm_or_withdraw_it(engine: Engine, right: int, wrong: int, state: AlarmState) -> None:
    """Errors were one in ten; the receipt tells what was asked and answered."""
    stream = alarmed(engine)
    (alarm,) = stream.alarms()
    stream.labels(right=right, wrong=wrong, alarm=alarm.alarm_id)
    assert stream.check().settled == (alarm.alarm_id,)
    (alarm,) = stream.alarms()
    assert alarm.state is state
    assert alarm.settled_at is not None
    labels = alarm.receipt["labels"]
    assert (labels["wanted"], labels["selected"], labels["settled"], labels["wrong"]) == (20, 20, 20, wrong)
    assert (labels["before"]["of"], labels["before"]["settled"], labels["before"]["wrong"]) == (
        "source=camera-b",
        40,
        4,
    )
    assert alarm.receipt["verdict"]["confirmed"] is (state is AlarmState.CONFIRMED)


def test_a_class_that_was_merged_since_confirms_nothing(engine: Engine) -> None:
    """Labels of before count by the names that labels of now have."""
    stream = alarmed(engine)
    (alarm,) = stream.alarms()
    ensure(engine, stream.project.name, "A cat has whiskers.", stream.project.labels.classes)
    publish(engine, stream.project, Draft(body="A pet.", changes=(ClassChange(takes=("cat",), gives=("dog",)),)))
    stream.labels(right=0, wrong=20, alarm=alarm.alarm_id)  # dogs, which all are now
    assert stream.check().settled == (alarm.alarm_id,)
    (alarm,) = stream.alarms()
    assert (alarm.state, alarm.receipt["labels"]["before"]["answers"]) == (AlarmState.WITHDRAWN, {"dog": 40})


def test_an_alarm_stays_open_until_its_labels_are_there(engine: Engine) -> None:
    """Ten of twenty do not settle it at once; they do when sixteen windows have passed."""
    stream = alarmed(engine)
    (alarm,) = stream.alarms()
    stream.labels(right=10, wrong=0, alarm=alarm.alarm_id)
    assert stream.check().settled == ()
    assert stream.alarms()[0].receipt["labels"]["settled"] == 10
    stream.flows(16, shift=SHIFT)
    assert stream.check().settled == (alarm.alarm_id,)


def test_an_alarm_that_nothing_settles_stands_in_no_others_way(engine: Engine) -> None:
    """Where no labels are of before it stays open; what moved later, or in what labels say, is raised all the same."""
    stream = Stream.of(engine)
    stream.flows(14)
    stream.flows(1, shift=SHIFT)
    stream.check()
    for _ in range(26):
        stream.flows(1, shift=SHIFT)
        stream.labels(right=27, wrong=3)
        stream.check()
    stream.labels(right=10, wrong=30)
    stream.flows(1, shift=SHIFT)
    stream.check()
    assert [(one.aspect, one.state) for one in stream.alarms()] == [
        (Aspect.ERRORS, AlarmState.OPEN),
        (Aspect.VALUES, AlarmState.OPEN),
    ]


def test_windows_merged_by_day_are_judged_all_the_same(engine: Engine) -> None:
    """Those still to be judged are not put behind what was judged."""
    stream = Stream.of(engine)
    stream.flows(9)
    stream.check()
    stream.flows(3)
    later = datetime.fromtimestamp(BEGAN / 1000, UTC) + timedelta(days=30)
    merged = keep_windows(engine, stream.project.name, stream.project.drift, later)
    assert merged["merged"] == 2 * (9 - 1) + 2 * (3 - 1)
    assert sum(one.records for one in stream.check().windows) == 3 * 2 * RECORDS


def test_what_was_settled_is_normal_from_there_on(engine: Engine) -> None:
    """The shift lasts and raises nothing more; a further one does, once eight windows have shown what is normal now."""
    stream = alarmed(engine)
    stream.labels(right=20, wrong=0, alarm=stream.alarms()[0].alarm_id)
    stream.check()
    stream.flows(12, shift=SHIFT)
    stream.check()
    assert len(stream.alarms()) == 1
    stream.flows(3, shift={"camera-b": 4.5})
    stream.check()
    assert [(one.of, one.field) for one in stream.alarms()] == [(SHIFTED, "size")] * 2


def test_no_window_with_an_alarm_becomes_part_of_a_baseline(engine: Engine) -> None:
    """However long it goes on."""
    stream = alarmed(engine)
    stream.labels(right=20, wrong=0, alarm=stream.alarms()[0].alarm_id)
    stream.flows(40)
    stream.check()
    with engine.connect() as connection:
        mine = DriftWindowRow.project == stream.project.name
        shown = connection.scalars(
            select(DriftWindowRow.number).where(mine, DriftWindowRow.alarm_id.is_not(None))
        ).all()
    stream.flows(1, shift={"camera-c": 1.5})
    stream.check()
    assert set(shown) == {16}
    assert not set(shown) & set(stream.alarms()[0].receipt["reference"]["windows"])


def test_a_contract_that_changes_the_type_of_a_field_stops_nothing(engine: Engine) -> None:
    """Its windows of before are nothing to hold it against; the other fields go on."""
    stream = Stream.of(engine, records=3 * RECORDS)
    stream.flows(13)
    stream.flows(2, numbered=True)
    assert len(stream.check().windows) == 10
    stream.flows(3, numbered=True, shift=SHIFT)
    assert stream.check().windows[-1].baseline == 8
    assert {one.field for one in stream.alarms()} == {"size"}


def test_errors_on_audit_labels_raise_an_alarm(engine: Engine) -> None:
    """Each label is counted once, in the window that is judged next, whenever its sample came."""
    stream = Stream.of(engine)
    for _ in range(10):
        stream.flows(1)
        stream.labels(right=27, wrong=3)
        stream.check()
    stream.flows(2)
    stream.labels(right=10, wrong=30)
    stream.check()
    (alarm,) = stream.alarms()
    assert (alarm.of, alarm.field, alarm.aspect) == (None, "", Aspect.ERRORS)
    assert stream.counted()[2] == 10 * 30 + 40


def test_the_windows_before_the_labels_of_the_promoted_model_are_the_baseline(engine: Engine) -> None:
    """The last twelve that had ended by then, whatever came since."""
    stream = Stream.of(engine)
    stream.flows(34)
    stream.promote(3, windows=20)
    stream.check()
    stream.flows(1, shift=SHIFT)
    assert stream.check().windows[-1].version == 3
    assert stream.alarms()[0].receipt["reference"] == {"version": 3, "windows": list(range(9, 21))}


def test_wrong_answers_to_gold_raise_an_alarm_that_later_ones_confirm(engine: Engine) -> None:
    """It buys no labels, for whoever answers wrongly is no judge; and it is the labelers' doing."""
    stream = Stream.of(engine)
    stream.make_gold()
    for _ in range(9):
        stream.flows(1)
        stream.answers(right=9, wrong=1)
        stream.check()
    stream.answers(right=10, wrong=30)
    stream.flows(1)
    stream.check()
    (alarm,) = stream.alarms()
    assert (alarm.aspect, alarm.cause, alarm.state) == (Aspect.GOLD, "labelers", AlarmState.OPEN)
    assert stream.bought() == ()
    stream.answers(right=10, wrong=20)
    stream.flows(1)
    assert stream.check().settled == (alarm.alarm_id,)
    assert stream.alarms()[0].state is AlarmState.CONFIRMED


def test_two_checks_at_once_judge_each_window_once(engine: Engine) -> None:
    """And raise one alarm; what they did together is what one would have done."""
    stream = Stream.of(engine)
    stream.flows(12)
    stream.flows(1, shift=SHIFT)
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(lambda _: stream.check(), range(2)))
    numbers = sorted(window.number for one in found for window in one.windows)
    assert numbers == list(range(1, 14))
    assert len(stream.alarms()) == 1


def test_a_check_that_is_killed_has_changed_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies after the alarm is written, before its transaction ends; the next one does the same again."""
    stream = Stream.of(engine)
    stream.flows(12)
    stream.check()
    stream.labels(right=10, wrong=0)
    stream.flows(1, shift=SHIFT)
    before = stream.counted()
    with monkeypatch.context() as patch:
        patch.setattr(steering, "confirm", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            stream.check()
    assert stream.counted() == before
    assert [one.number for one in stream.check().windows] == [13]
    assert [one.first for one in stream.alarms()] == [13]
