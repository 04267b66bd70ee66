"""One labeler at work on the label page: what is shown, what was answered, and one step at a time."""

from dataclasses import dataclass, field
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Engine

from schemas.errors import ConflictError
from schemas.labels import Purpose
from schemas.project import ProjectConfig
from storage import answers, assignments, queue
from storage.labelers import Labeler
from storage.queue import Assignment

STALE = "That was meant for a sample that is no longer shown, so nothing was stored. Look at this one."


@dataclass
class Sitting:
    """The assignment on the screen, and those answered before it, the last one last.

    Each step names the assignment that it is meant for: a key that was pressed while the next sample was on its way
    must not answer what nobody has seen. A step ends with the next assignment claimed: one call from key to sample.
    """

    engine: Engine
    project: ProjectConfig
    labeler: Labeler
    purpose: Purpose = Purpose.CONSENSUS
    shown: Assignment | None = None
    answered: list[UUID] = field(default_factory=list)
    count: int = 0

    def next(self) -> None:
        """Claim what waits; the same again while it is neither answered nor skipped."""
        self.shown = queue.claim(self.engine, self.project, self.labeler, self.purpose)

    def answer(self, assignment_id: UUID, answer: JsonValue) -> None:
        """Answer what is shown, and claim the next.

        Raises:
            InputError: it is no answer of the project's kind.
            ConflictError: something else is shown, or the lease has gone to somebody else.
        """
        self._check(assignment_id)
        answers.answer(self.engine, self.project, self.labeler, assignment_id, answer)
        self.answered.append(assignment_id)
        self.count += 1
        self.next()

    def skip(self, assignment_id: UUID, reason: str) -> None:
        """Give what is shown to somebody else, and claim the next.

        Raises:
            InputError: the reason is empty.
            ConflictError: something else is shown, or its round is over.
        """
        self._check(assignment_id)
        assignments.skip(self.engine, self.project, self.labeler, assignment_id, reason)
        self.next()

    def hold(self, assignment_id: UUID) -> None:
        """Let the lease of what is shown run anew: its labeler is still at work.

        Raises:
            ConflictError: something else is shown, or the lease has gone to somebody else.
        """
        self._check(assignment_id)
        self.shown = assignments.renew(self.engine, self.project, self.labeler, assignment_id)

    def undo(self) -> None:
        """Take the last answer of this sitting back and show its sample again; what was shown stays leased meanwhile.

        Raises:
            ConflictError: nothing was answered in this sitting, or the label stands for good.
        """
        if not self.answered:
            raise ConflictError("Nothing was answered since this page was opened: there is nothing to undo.")
        last = self.answered.pop()
        self.shown = answers.undo(self.engine, self.project, self.labeler, last)
        self.count -= 1

    def _check(self, assignment_id: UUID) -> None:
        if self.shown is None or self.shown.assignment_id != assignment_id:
            raise ConflictError(STALE)
