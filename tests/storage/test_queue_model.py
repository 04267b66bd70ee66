"""The queue against a model of a few lines: whatever labelers do in whatever order, nothing is given twice or lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, select, text

from labeling.overlap import Decision
from labeling.settling import Verdict
from schemas.errors import ConflictError
from schemas.guidelines import Draft
from schemas.labels import AssignmentStatus, TaskStatus
from storage.answers import answer, undo
from storage.assignments import renew, skip
from storage.consensus import lock_tasks, settle, store
from storage.guidelines import ensure
from storage.places import count_places
from storage.publishing import publish
from storage.queue import claim, enqueue
from storage.tables import AssignmentRow, TaskRow
from storage.testing import enlist, expire, fresh_engine, project_config, task_request

LABELERS, CLASSES = range(4), ("cat", "dog")
MANY = settings(max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
TAKEN = (AssignmentStatus.LEASED, AssignmentStatus.ANSWERED)
ENDING = (AssignmentStatus.LEASED, AssignmentStatus.EXPIRED)
SOME = st.integers(0, 99)
# Few tasks at once, so that much happens to each.
MORE = 3


@dataclass
class Task:
    """What the model knows of a task."""

    due: datetime
    status: TaskStatus = TaskStatus.OPEN
    wanted: int = 2
    round: int = 1
    asked: int | None = None
    term: str = "none"  # of asking, for as many labels as are wanted: none, running or over


@dataclass
class Hand:
    """What the model knows of an assignment."""

    task: int
    labeler: int
    guideline: int
    status: AssignmentStatus = AssignmentStatus.LEASED
    overdue: bool = False
    given: str = ""


class Queue(RuleBasedStateMachine):
    """Four labelers of one project; its tasks want two labels, and three at most."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.project = project_config(f"p{uuid4().hex}", overlap={"first": 2, "most": 3, "skips": 2})
        ensure(self.engine, self.project.name, "A cat has whiskers.", self.project.labels.classes)
        self.labelers = [enlist(self.engine, self.project.name, f"labeler {number}") for number in LABELERS]
        self.tasks: dict[int, Task] = {}
        self.hands: dict[UUID, Hand] = {}
        self.version = 1
        self.enqueue([0.1, 0.9])

    def in_round(self, hand: Hand) -> bool:
        """Say whether the assignment was given under the guideline of its task's round, or a later one."""
        return hand.guideline >= self.tasks[hand.task].round

    def hands_on(self, task: int) -> list[Hand]:
        """Return the assignments of the task's round."""
        return [hand for hand in self.hands.values() if hand.task == task and self.in_round(hand)]

    def free(self, task: int) -> int:
        """Return how many more labelers may be leased a task."""
        known = self.tasks[task]
        taken = sum(hand.status in TAKEN for hand in self.hands_on(task))
        return known.wanted - taken if known.status is TaskStatus.OPEN else 0

    def waiting(self, labeler: int) -> list[int]:
        """Return the tasks that wait for a labeler, in the order in which they are to be given."""

        def seen(task: int) -> bool:
            mine = [hand for hand in self.hands_on(task) if hand.labeler == labeler]
            return any(hand.status is not AssignmentStatus.EXPIRED for hand in mine)

        found = [
            task
            for task, known in self.tasks.items()
            if self.free(task) > 0 and known.asked in (None, labeler) and not seen(task)
        ]
        return sorted(found, key=lambda task: (self.tasks[task].asked is None, self.tasks[task].due, task))

    def is_busy(self) -> bool:
        """Say whether something waits for somebody, or may when somebody looks."""
        overdue = any(hand.overdue and hand.status is AssignmentStatus.LEASED for hand in self.hands.values())
        lapsed = any(known.term == "over" and known.asked is not None for known in self.tasks.values())
        return overdue or lapsed or any(self.waiting(labeler) for labeler in LABELERS)

    def decide(self, task: int, status: TaskStatus, wanted: int, ask: int | None = None) -> None:
        """Take over what was decided of a task; it is kept for those asked only once for as many labels."""
        known = self.tasks[task]
        if (status, wanted, ask) == (known.status, known.wanted, known.asked):
            return
        if status is not TaskStatus.OPEN or wanted != known.wanted:
            known.term = "none"
        known.status, known.wanted, known.asked = status, wanted, None
        if ask is not None:
            known.term = "running" if known.term == "none" else known.term
            if known.term == "running" and all(hand.labeler != ask for hand in self.hands_on(task)):
                known.asked = ask

    def settle(self, task: int) -> None:
        """Settle the task; late answers may show that a guideline has begun another round of it."""
        known = self.tasks[task]
        now = self.round_of(task, self.version)
        known.round, known.term = now, known.term if now == known.round else "none"
        decision = settle(self.engine, self.project, [task])[task]
        self.decide(task, decision.status, decision.wanted)

    def round_of(self, task: int, version: int) -> int:
        """Return the last version, up to this one, of which those who had not read it had said both in the round."""
        since = self.tasks[task].round
        for later in range(since + 1, version + 1):
            since = later if self.disagree(task, since, later) else since
        return since

    def disagree(self, task: int, since: int, version: int) -> bool:
        """Say whether both was said of a task under versions from `since` to before `version`."""
        answered = [hand for hand in self.hands_on(task) if hand.status is AssignmentStatus.ANSWERED]
        return {hand.given for hand in answered if since <= hand.guideline < version} == set(CLASSES)

    def would_begin_anew(self, task: int) -> bool:
        """Say whether the next guideline begins another round of a task."""
        return self.disagree(task, self.round_of(task, self.version), self.version + 1)

    def pick(self, some: int, *statuses: AssignmentStatus) -> tuple[UUID, Hand]:
        """Return one of the assignments that stand so; any, where none does."""
        found = [(one, hand) for one, hand in self.hands.items() if hand.status in statuses]
        return (found or list(self.hands.items()))[some % len(found or self.hands)]

    @precondition(lambda self: sum(known.status is TaskStatus.OPEN for known in self.tasks.values()) < MORE)
    @rule(signals=st.lists(st.sampled_from([0.1, 0.5, 0.9]), min_size=1, max_size=MORE))
    def tasks_arrive(self, signals: list[float]) -> None:
        """Each new one wants two labels."""
        self.enqueue(signals)

    def enqueue(self, signals: list[float]) -> None:
        """Write a task for each signal."""
        new = range(len(self.tasks), len(self.tasks) + len(signals))
        name = self.project.name
        requests = [task_request(name, at, uncertain=signal) for at, signal in zip(new, signals, strict=True)]
        enqueue(self.engine, self.project, requests)
        with self.engine.connect() as connection:
            found = connection.execute(select(TaskRow.task_id, TaskRow.due_at).where(TaskRow.project == name)).all()
        self.tasks |= {task: Task(due=due, round=self.version) for task, due in sorted(found) if task not in self.tasks}

    @precondition(lambda self: self.is_busy())
    @rule(labeler=st.sampled_from(LABELERS))
    def a_labeler_claims(self, labeler: int) -> None:
        """And lets it lie."""
        self.claimed(labeler)

    @precondition(lambda self: self.is_busy())
    @rule(labeler=st.sampled_from(LABELERS), given=st.sampled_from(CLASSES), settles=st.booleans())
    def a_labeler_works(self, labeler: int, given: str, settles: bool) -> None:  # noqa: FBT001
        """On what they are given; the task is settled at once, or later."""
        one = self.claimed(labeler)
        if one is not None:
            answer(self.engine, self.project, self.labelers[labeler], one, given)
            self.hands[one].status, self.hands[one].given = AssignmentStatus.ANSWERED, given
            if settles:
                self.settle(self.hands[one].task)

    def claimed(self, labeler: int) -> UUID | None:
        """Claim: what is held comes back, else what they are asked for, and then the most urgent, if anything waits."""
        held = {
            one
            for one, hand in self.hands.items()
            if hand.labeler == labeler
            and hand.status is AssignmentStatus.LEASED
            and not hand.overdue
            and self.in_round(hand)
        }
        if not held:
            self.time_takes_its_course()
        assignment = claim(self.engine, self.project, self.labelers[labeler])
        if held:
            assert assignment is not None
            assert assignment.assignment_id in held
        elif assignment is None:
            assert self.waiting(labeler) == []
            return None
        else:
            task, version = assignment.task_id, assignment.guideline
            assert [task] == self.waiting(labeler)[:1]
            assert version == self.version
            self.hands[assignment.assignment_id] = Hand(task=task, labeler=labeler, guideline=version)
            self.tasks[task].asked = None
        return assignment.assignment_id

    def time_takes_its_course(self) -> None:
        """What has expired or lapsed is so found by the next who looks for something new."""
        for hand in self.hands.values():
            if hand.status is AssignmentStatus.LEASED and hand.overdue:
                hand.status = AssignmentStatus.EXPIRED
        for known in self.tasks.values():
            if known.term == "over":
                known.asked = None

    @precondition(lambda self: self.tasks)
    @rule(some=SOME, labeler=st.sampled_from(LABELERS))
    def a_labeler_is_asked_for_a_task(self, some: int, labeler: int) -> None:
        """Unless they were ever handed it in its round, or its term is over."""
        task = list(self.tasks)[some % len(self.tasks)]
        known = self.tasks[task]
        if known.status is not TaskStatus.OPEN:
            return
        decision = Decision(status=known.status, wanted=known.wanted, ask=self.labelers[labeler].name)
        with self.engine.begin() as connection:
            verdict = Verdict(guideline=known.round, decision=decision, consensus=None)
            store(connection, self.project, lock_tasks(connection, self.project.name, [task]), {task: verdict})
        self.decide(task, known.status, known.wanted, labeler)

    @precondition(lambda self: any(known.term == "running" for known in self.tasks.values()))
    @rule()
    def whoever_is_asked_stays_away(self) -> None:
        """So everybody gets it."""
        ended = text(
            "UPDATE tasks SET asked_until = now() - interval '1 second' "
            "WHERE project = :project AND asked_until IS NOT NULL"
        )
        with self.engine.begin() as connection:
            connection.execute(ended, {"project": self.project.name})
        for known in self.tasks.values():
            known.term = "over" if known.term == "running" else known.term

    @precondition(lambda self: self.hands)
    @rule(some=SOME, given=st.sampled_from(CLASSES))
    def somebody_answers(self, some: int, given: str) -> None:
        """If the place is theirs, or still free."""
        one, hand = self.pick(some, *ENDING)
        if hand.status is AssignmentStatus.ANSWERED:
            return
        allowed = self.may_go_on(hand)
        assert self.does(lambda: answer(self.engine, self.project, self.labelers[hand.labeler], one, given)) == allowed
        if allowed:
            hand.status, hand.overdue, hand.given = AssignmentStatus.ANSWERED, False, given

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_renews(self, some: int) -> None:
        """Under the same condition."""
        one, hand = self.pick(some, *ENDING)
        allowed = self.may_go_on(hand)
        assert self.does(lambda: renew(self.engine, self.project, self.labelers[hand.labeler], one)) == allowed
        if allowed:
            hand.status, hand.overdue = AssignmentStatus.LEASED, False

    def may_go_on(self, hand: Hand) -> bool:
        """Say whether the labeler has the place, or can still take it."""
        if hand.status is AssignmentStatus.LEASED:
            return self.in_round(hand) or not hand.overdue
        return hand.status is AssignmentStatus.EXPIRED and self.in_round(hand) and self.free(hand.task) > 0

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_skips(self, some: int) -> None:
        """What is not answered, while its round runs."""
        one, hand = self.pick(some)
        allowed = hand.status is not AssignmentStatus.ANSWERED and self.in_round(hand)
        assert self.does(lambda: skip(self.engine, self.project, self.labelers[hand.labeler], one, "no")) == allowed
        if allowed:
            hand.status = AssignmentStatus.SKIPPED
            self.settle(hand.task)

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_takes_an_answer_back(self, some: int) -> None:
        """What is answered, while its round runs."""
        one, hand = self.pick(some, AssignmentStatus.ANSWERED)
        allowed = hand.status is AssignmentStatus.ANSWERED and self.in_round(hand)
        assert self.does(lambda: undo(self.engine, self.project, self.labelers[hand.labeler], one)) == allowed
        if allowed:
            hand.status, hand.overdue = AssignmentStatus.LEASED, False

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def a_task_is_settled(self, some: int) -> None:
        """As its labels stand."""
        self.settle(self.pick(some)[1].task)

    @precondition(lambda self: any(hand.status is AssignmentStatus.LEASED for hand in self.hands.values()))
    @rule(some=SOME)
    def somebody_goes_to_lunch(self, some: int) -> None:
        """Their lease ends."""
        one, hand = self.pick(some, AssignmentStatus.LEASED)
        expire(self.engine, one)
        hand.overdue = True

    @precondition(lambda self: any(self.would_begin_anew(task) for task in self.tasks))
    @rule(busy=st.booleans())
    def a_guideline_says_what_is_a_cat_and_what_a_dog(self, busy: bool) -> None:  # noqa: FBT001
        """Tasks on which labelers disagree begin anew, whoever holds them, and everybody looks for work."""
        if busy:
            self.settle(next(task for task in self.tasks if self.would_begin_anew(task)))
            self.everybody_claims()
        touched = [task for task in self.tasks if self.would_begin_anew(task)]
        self.version = publish(self.engine, self.project, Draft(body=f"{self.version}", settles=(CLASSES,))).version
        for task in touched:
            self.decide(task, TaskStatus.OPEN, 2)
            self.tasks[task].round, self.tasks[task].term = self.version, "none"
        self.everybody_claims()

    def everybody_claims(self) -> None:
        """One after the other."""
        for labeler in LABELERS:
            self.claimed(labeler)

    def does(self, call: Any) -> bool:
        """Say whether the call was let through."""
        try:
            call()
        except ConflictError:
            return False
        return True

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        """Places that are kept are places that are counted, and every assignment is where the model has it."""
        of_project = TaskRow.project == self.project.name
        columns = (TaskRow.task_id, TaskRow.free, count_places().label("counted"), TaskRow.status, TaskRow.guideline)
        ids = [labeler.labeler_id for labeler in self.labelers]
        with self.engine.connect() as connection:
            kept = connection.execute(select(*columns, TaskRow.asked).where(of_project)).all()
            rows = select(AssignmentRow.assignment_id, AssignmentRow.status).join(
                TaskRow, AssignmentRow.task_id == TaskRow.task_id
            )
            statuses = dict(connection.execute(rows.where(of_project)).all())
        for task in kept:
            known = self.tasks[task.task_id]
            assert task.free == task.counted
            assert (task.status, task.guideline) == (known.status, known.round)
            assert max(0, task.free) == max(0, self.free(task.task_id)) or known.status is TaskStatus.EXPERT
            assert task.asked == (None if known.asked is None else ids[known.asked])
        assert statuses == {one: hand.status for one, hand in self.hands.items()}


def test_the_queue_does_what_the_model_does(stack: Any) -> None:
    """Whatever the order of arrivals, claims, answers, renewals, skips, undos, asks, expiries and guidelines."""
    with fresh_engine(stack.database_url) as engine:
        with (
            engine.begin() as connection
        ):  # nothing here is about crashes, and waiting for the disk takes most of the time
            connection.execute(text(f"ALTER DATABASE {engine.url.database} SET synchronous_commit TO off"))
        engine.dispose()
        Queue.engine = engine
        run_state_machine_as_test(Queue, settings=MANY)
