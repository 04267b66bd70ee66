"""What comes back: one annotation, read as a claim, or refused with a reason."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from console.label_studio.layout import ANSWER, SAMPLE
from storage.label_studio import Notice

# So much of an annotation is kept; ours are below a kilobyte.
LONGEST_BODY = 20_000


class Refusal(StrEnum):
    """Why an annotation is no answer, whatever the queue would say to it."""

    UNREADABLE = "unreadable"  # it is not made as Label Studio makes them
    FOREIGN_TASK = "foreign_task"  # its task is none that we sent, or no longer as we sent it
    SKIPPED = "skipped"  # the user has skipped the task
    NOT_ONE_CHOICE = "not_one_choice"  # it chooses nothing, or several classes, or something else besides
    UNKNOWN_CLASS = "unknown_class"  # the guideline under which the task was sent has no such class
    UNKNOWN_USER = "unknown_user"  # no labeler is linked to its user
    OF_ANOTHER = "of_another"  # somebody else has written or changed it than it says


def _id_of(user: object) -> object:
    """Return the id of a user: Label Studio says either the id or the whole user."""
    return user.get("id") if isinstance(user, dict) else user


class _Version(BaseModel):
    """By what one version of an annotation is told apart."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[int, Field(strict=True)]
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Annotation(BaseModel):
    """The part of an annotation that is looked at."""

    model_config = ConfigDict(strict=True, frozen=True)

    was_cancelled: bool
    completed_by: Annotated[int, BeforeValidator(_id_of)]
    updated_by: Annotated[int | None, BeforeValidator(_id_of)] = None
    result: list[JsonValue]


class _Value(BaseModel):
    model_config = ConfigDict(strict=True)

    choices: Annotated[list[str], Field(min_length=1, max_length=1)]


class _Item(BaseModel):
    model_config = ConfigDict(strict=True)

    from_name: str
    to_name: str
    type: str
    value: _Value


def notice_of(body: JsonValue) -> Notice:
    """Return by what an annotation is told apart; whatever it is, the same again is told to be the same."""
    text = json.dumps(body)
    try:
        read = _Version.model_validate(body)
        annotation, version = f"{read.id}@{read.created_at.isoformat()}", read.updated_at.isoformat()
    except (ValidationError, OverflowError):
        annotation, version = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", ""
    return Notice(annotation=annotation, version=version, body=text[:LONGEST_BODY])


def read_answer(body: JsonValue, classes: Sequence[str], users: Mapping[int, str]) -> tuple[str, str] | Refusal:
    """Return the e-mail address of the user and the class, or why it is no answer.

    `users` are the addresses by id. Label Studio lets an administrator answer in another's name, and edit another's
    annotation; who wrote it last is told by `updated_by`, which the server sets itself.
    """
    try:
        _Version.model_validate(body)
        read = Annotation.model_validate(body)
    except (ValidationError, OverflowError):
        return Refusal.UNREADABLE
    if read.was_cancelled:
        return Refusal.SKIPPED
    if read.updated_by != read.completed_by:
        return Refusal.OF_ANOTHER
    answer = _choice(read.result)
    if answer is None:
        return Refusal.NOT_ONE_CHOICE
    if answer not in classes:
        return Refusal.UNKNOWN_CLASS
    email = users.get(read.completed_by)
    return Refusal.UNKNOWN_USER if email is None else (email, answer)


def _choice(result: Sequence[JsonValue]) -> str | None:
    """Return the one class that is chosen, if one is and nothing else is said."""
    if len(result) != 1:
        return None
    try:
        item = _Item.model_validate(result[0])
    except ValidationError:
        return None
    asked = (item.from_name, item.to_name, item.type) == (ANSWER, SAMPLE, "choices")
    return item.value.choices[0] if asked else None
