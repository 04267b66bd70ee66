"""The queue against a model of a few lines: whatever labelers do in whatever order, nothing is given twice or lost."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, select, text

from schemas.errors import ConflictError
from schemas.labels import AssignmentStatus, TaskStatus
from storage.answers import answer, undo
from storage.assignments import renew, skip
from storage.consensus import settle
from storage.places import count_places
from storage.queue import claim, enqueue
from storage.tables import AssignmentRow, TaskRow
from storage.testing import enlist, fresh_engine, project_config, task_request

LABELERS, CLASSES = range(3), ("cat", "dog")
MANY = settings(max_examples=15, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
TAKEN = (AssignmentStatus.LEASED, AssignmentStatus.ANSWERED)
SOME = st.integers(0, 99)


@dataclass
class Hand:
    """What the model knows of an assignment."""

    task: int
    labeler: int
    status: AssignmentStatus = AssignmentStatus.LEASED
    overdue: bool = False


class Queue(RuleBasedStateMachine):
    """Three labelers of one project; its tasks want one or two labels, and three at most."""

    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.project = project_config(f"p{uuid4().hex}", overlap={"first": 2, "most": 3, "skips": 2})
        self.labelers = [enlist(self.engine, self.project.name, f"labeler {number}") for number in LABELERS]
        self.tasks: dict[int, tuple[TaskStatus, int]] = {}  # status and wanted labels
        self.hands: dict[UUID, Hand] = {}
        self.offset = 0

    def free(self, task: int) -> int:
        """Return how many more labelers may be leased a task."""
        status, wanted = self.tasks[task]
        taken = sum(hand.task == task and hand.status in TAKEN for hand in self.hands.values())
        return wanted - taken if status is TaskStatus.OPEN else 0

    def waiting(self, labeler: int) -> set[int]:
        """Return the tasks that wait for a labeler."""
        had = [hand for hand in self.hands.values() if hand.labeler == labeler]
        seen = {hand.task for hand in had if hand.status is not AssignmentStatus.EXPIRED}
        return {task for task in self.tasks if self.free(task) > 0} - seen

    def settle(self, task: int) -> None:
        """Settle the task, and take over what that decided."""
        decision = settle(self.engine, self.project, [task])[task]
        self.tasks[task] = (decision.status, decision.wanted)

    def pick(self, some: int) -> tuple[UUID, Hand]:
        """Return one of the assignments there are."""
        return list(self.hands.items())[some % len(self.hands)]

    @rule(number=st.integers(1, 3))
    def tasks_arrive(self, number: int) -> None:
        """Each new one wants two labels."""
        offsets = range(self.offset, self.offset + number)
        self.offset += number
        enqueue(self.engine, self.project, [task_request(self.project.name, offset) for offset in offsets])
        with self.engine.connect() as connection:
            found = connection.scalars(select(TaskRow.task_id).where(TaskRow.project == self.project.name)).all()
        self.tasks |= {task: (TaskStatus.OPEN, 2) for task in found if task not in self.tasks}

    @rule(labeler=st.sampled_from(LABELERS))
    def a_labeler_claims(self, labeler: int) -> None:
        """What is held comes back; else something that waits, if anything does."""
        held = {
            one
            for one, hand in self.hands.items()
            if hand.labeler == labeler and hand.status is AssignmentStatus.LEASED and not hand.overdue
        }
        if not held:
            for hand in self.hands.values():
                if hand.status is AssignmentStatus.LEASED and hand.overdue:
                    hand.status = AssignmentStatus.EXPIRED
        assignment = claim(self.engine, self.project, self.labelers[labeler])
        if held:
            assert assignment is not None
            assert assignment.assignment_id in held
        elif assignment is None:
            assert self.waiting(labeler) == set()
        else:
            assert assignment.task_id in self.waiting(labeler)
            self.hands[assignment.assignment_id] = Hand(task=assignment.task_id, labeler=labeler)

    @precondition(lambda self: self.hands)
    @rule(some=SOME, given=st.sampled_from(CLASSES))
    def somebody_answers(self, some: int, given: str) -> None:
        """If the place is theirs, or still free."""
        one, hand = self.pick(some)
        if hand.status is AssignmentStatus.ANSWERED:
            return
        allowed = self.may_go_on(hand)
        assert self.does(lambda: answer(self.engine, self.project, self.labelers[hand.labeler], one, given)) == allowed
        if allowed:
            hand.status, hand.overdue = AssignmentStatus.ANSWERED, False

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_renews(self, some: int) -> None:
        """Under the same condition."""
        one, hand = self.pick(some)
        allowed = self.may_go_on(hand)
        assert self.does(lambda: renew(self.engine, self.project, self.labelers[hand.labeler], one)) == allowed
        if allowed:
            hand.status, hand.overdue = AssignmentStatus.LEASED, False

    def may_go_on(self, hand: Hand) -> bool:
        """Say whether the labeler has the place, or can still take it."""
        return hand.status is AssignmentStatus.LEASED or (
            hand.status is AssignmentStatus.EXPIRED and self.free(hand.task) > 0
        )

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_skips(self, some: int) -> None:
        """What is not answered."""
        one, hand = self.pick(some)
        allowed = hand.status is not AssignmentStatus.ANSWERED
        assert self.does(lambda: skip(self.engine, self.project, self.labelers[hand.labeler], one, "no")) == allowed
        if allowed:
            hand.status = AssignmentStatus.SKIPPED
            self.settle(hand.task)

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def somebody_takes_an_answer_back(self, some: int) -> None:
        """What is answered."""
        one, hand = self.pick(some)
        allowed = hand.status is AssignmentStatus.ANSWERED
        assert self.does(lambda: undo(self.engine, self.project, self.labelers[hand.labeler], one)) == allowed
        if allowed:
            hand.status, hand.overdue = AssignmentStatus.LEASED, False

    @precondition(lambda self: self.hands)
    @rule(some=SOME)
    def a_task_is_settled(self, some: int) -> None:
        """As its labels stand."""
        self.settle(self.pick(some)[1].task)

    @rule(labeler=st.sampled_from(LABELERS))
    def a_labeler_goes_to_lunch(self, labeler: int) -> None:
        """Their leases end."""
        ended = text("UPDATE assignments SET expires_at = now() - interval '1 second' WHERE labeler_id = :labeler")
        with self.engine.begin() as connection:
            connection.execute(ended, {"labeler": self.labelers[labeler].labeler_id})
        for hand in self.hands.values():
            hand.overdue = hand.overdue or hand.labeler == labeler

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
        with self.engine.connect() as connection:
            kept = connection.execute(select(TaskRow.task_id, TaskRow.free, count_places()).where(of_project)).all()
            rows = select(AssignmentRow.assignment_id, AssignmentRow.status).join(
                TaskRow, AssignmentRow.task_id == TaskRow.task_id
            )
            statuses = dict(connection.execute(rows.where(of_project)).all())
        for task, free, counted in kept:
            assert free == counted
            assert max(0, free) == max(0, self.free(task)) or self.tasks[task][0] is TaskStatus.EXPERT
        assert statuses == {one: hand.status for one, hand in self.hands.items()}


def test_the_queue_does_what_the_model_does(stack: Any) -> None:
    """Whatever the order of arrivals, claims, answers, renewals, skips, undos and expiries."""
    with fresh_engine(stack.database_url) as engine:
        Queue.engine = engine
        run_state_machine_as_test(Queue, settings=MANY)
