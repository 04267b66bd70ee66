"""Guidelines: what the classes mean, version by version, and how one label space became the next."""

from typing import Annotated, Self

from annotated_types import Interval
from pydantic import Field, model_validator

from schemas.answers import ClassName
from schemas.labels import AS_PAIR
from schemas.verdicts import Event

# The name that a class is given.
NewName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
# What PostgreSQL can hold.
TaskId = Annotated[int, Interval(ge=1, le=2**63 - 1)]
# The tasks that a version may name to be labeled anew.
MOST_REOPENED = 10_000
# The characters of a guideline's text.
LONGEST = 200_000
Prose = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00]*$")]


class Example(Event):
    """A task that shows what a class is, or what it is not, and why."""

    task_id: TaskId
    note: Prose = ""


class Definition(Event):
    """What one class means; the tasks named are real ones of the project."""

    name: NewName
    text: Prose = ""
    examples: tuple[Example, ...] = ()
    counter_examples: tuple[Example, ...] = ()


class ClassChange(Event):
    """Classes of the version before that became other ones: one for one, several into one, or one into several.

    A rename and a merge say what an earlier label means now. After a split nobody knows but who looks again.
    """

    takes: tuple[NewName, ...] = Field(min_length=1, max_length=1000)
    gives: tuple[NewName, ...] = Field(min_length=1, max_length=1000)

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Self:
        if len(self.takes) > 1 and len(self.gives) > 1:
            raise ValueError("a change has one class on one side: split it into several changes")
        if len(set(self.takes)) != len(self.takes) or len(set(self.gives)) != len(self.gives):
            raise ValueError("a change names a class twice on one side")
        return self

    @property
    def splits(self) -> bool:
        """Whether earlier labels of the class say too little now."""
        return len(self.gives) > 1


class Draft(Event):
    """What the next guideline version would say.

    `base` is the version that it was written on: with it, nothing is published over a version that its writer has not
    seen. Without `definitions` those in force stay, but for classes that `changes` take and do not give. `reopens` are
    tasks to be labeled anew whatever classes their labels name: for the way in which they were drawn or written.
    """

    base: Annotated[int, Field(ge=1, lt=2**63)] | None = None
    body: Annotated[str, Field(max_length=LONGEST)]
    definitions: Annotated[tuple[Definition, ...], Field(max_length=1000)] = ()
    changes: Annotated[tuple[ClassChange, ...], Field(max_length=1000)] = ()
    settles: Annotated[tuple[Annotated[tuple[ClassName, ClassName], AS_PAIR], ...], Field(max_length=1000)] = ()
    reopens: Annotated[tuple[TaskId, ...], Field(max_length=MOST_REOPENED)] = ()


class Guideline(Event):
    """One version of the label definitions.

    `settles` names the class pairs that this version decides, `changes` what became of classes of the version before,
    `reopens` the tasks that it has labeled anew for the way in which they were drawn or written.
    """

    version: int
    body: str
    definitions: tuple[Definition, ...] = ()
    changes: tuple[ClassChange, ...] = ()
    settles: tuple[Annotated[tuple[ClassName, ClassName], AS_PAIR], ...] = ()
    reopens: tuple[TaskId, ...] = ()

    @property
    def classes(self) -> tuple[ClassName, ...]:
        """What labelers may answer under it."""
        return tuple(definition.name for definition in self.definitions)
