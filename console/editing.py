"""What the editor of the guideline holds, and the draft that it comes to: classes by name, examples line by line."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from schemas.answers import ClassName
from schemas.errors import InputError
from schemas.guidelines import LONGEST, ClassChange, Definition, Draft, Example, Guideline

# A line of examples: a task's id, and what there is to see in it.
LINE = re.compile(r"#?(\d{1,18})(?:[\s:,.-]+(.*))?")
Lines = Annotated[str, Field(max_length=LONGEST)]


class Becomes(BaseModel):
    """What a class is to be: its name, its definition, and its examples, one a line."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=200)]
    text: Annotated[str, Field(max_length=20_000)] = ""
    examples: Lines = ""
    counter_examples: Lines = ""


class EditedClass(BaseModel):
    """A class that was, if it was any, and what it becomes: another name, or several where it is split."""

    model_config = ConfigDict(extra="forbid")

    was: ClassName | None = None
    becomes: Annotated[list[Becomes], Field(max_length=100)]


class Edited(BaseModel):
    """All fields of the editor, and the version that they were written on."""

    model_config = ConfigDict(extra="forbid")

    base: Annotated[int, Field(ge=1, lt=2**63)]
    body: Annotated[str, Field(max_length=LONGEST)]
    classes: Annotated[list[EditedClass], Field(max_length=1000)] = []
    settles: Annotated[list[tuple[str, str]], Field(max_length=1000)] = []
    reopens: Lines = ""


def drafted(edited: Edited) -> Draft:
    """Return the draft that the fields come to.

    A class with another name is renamed, several with one name are merged, one with several names is split. Pairs of
    which both sides are empty are left out. A draft that says of every class what it said is still one.

    Raises:
        InputError: a line of examples begins with no task's id, or a name is none.
    """
    definitions = defaultdict[str, list[Becomes]](list)
    for one in edited.classes:
        for becomes in one.becomes:
            definitions[_name(becomes.name)].append(becomes)
    return Draft(
        base=edited.base,
        body=edited.body,
        definitions=tuple(_definition(name, parts) for name, parts in definitions.items()),
        changes=tuple(_changes(edited.classes)),
        settles=tuple((_name(one), _name(other)) for one, other in edited.settles if one.strip() or other.strip()),
        reopens=tuple(example.task_id for example in _examples("tasks to label anew", edited.reopens)),
    )


def says_nothing_new(draft: Draft, now: Guideline) -> bool:
    """Say whether a draft only repeats the text and the definitions in force."""
    same = draft.body == now.body and draft.definitions in ((), now.definitions)
    return same and not (draft.changes or draft.settles or draft.reopens)


def written(examples: Iterable[Example]) -> str:
    """Return examples one a line, as `drafted` reads them."""
    return "\n".join(" ".join((str(one.task_id), *one.note.split())) for one in examples)


def _changes(classes: Iterable[EditedClass]) -> list[ClassChange]:
    merged, splits = defaultdict[str, list[str]](list), []
    for one in classes:
        names = list(dict.fromkeys(_name(becomes.name) for becomes in one.becomes))
        if one.was is not None and len(names) > 1:
            splits.append(ClassChange(takes=(one.was,), gives=tuple(names)))
        elif one.was is not None and names:
            merged[names[0]].append(one.was)
    return splits + [ClassChange(takes=tuple(was), gives=(name,)) for name, was in merged.items() if was != [name]]


def _definition(name: str, parts: Iterable[Becomes]) -> Definition:
    """Return a definition; where classes were merged, what was said of each, one after the other."""
    said = list(parts)
    texts = dict.fromkeys(part.text.strip() for part in said if part.text.strip())
    return Definition(
        name=name,
        text="\n\n".join(texts),
        examples=_examples(f"examples of {name!r}", "\n".join(part.examples for part in said)),
        counter_examples=_examples(f"counter-examples of {name!r}", "\n".join(part.counter_examples for part in said)),
    )


def _examples(what: str, lines: str) -> tuple[Example, ...]:
    found = []
    for number, line in enumerate(lines.splitlines(), 1):
        read = LINE.fullmatch(line.strip())
        if read is not None and int(read[1]) > 0:
            found.append(Example(task_id=int(read[1]), note=(read[2] or "").strip()))
        elif line.strip():
            raise InputError(f"Line {number} of the {what} begins with no task's id: write one a line, as `17 a note`.")
    return tuple(found)


def _name(name: str) -> str:
    said = name.strip()
    if not said or re.search(r"[\x00-\x1f\x7f]", said):
        raise InputError("A class has no name, or one with control characters: name each class, or take it out.")
    return said
