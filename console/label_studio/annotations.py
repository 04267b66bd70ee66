"""What comes back: one annotation, read as a claim, or refused with a reason."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from console.label_studio.results import said
from labeling.kinds import kind_of
from schemas.answers import Answer, AnswerKind, ClassName
from schemas.errors import InputError
from schemas.project import LabelSpace
from storage.label_studio import Notice

# So much of an annotation is kept; ours are below a kilobyte.
LONGEST_BODY = 20_000


class Refusal(StrEnum):
    """Why an annotation is no answer, whatever the queue would say to it."""

    UNREADABLE = "unreadable"  # it is not made as Label Studio makes them
    FOREIGN_TASK = "foreign_task"  # its task is none that we sent, or no longer as we sent it
    SKIPPED = "skipped"  # the user has skipped the task
    NOT_OF_THE_KIND = "not_of_the_kind"  # it is no such answer as the project asks for: too much, too little, rotated
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


def notice_of(body: JsonValue) -> Notice:
    """Return by what an annotation is told apart; whatever it is, the same again is told to be the same."""
    text = json.dumps(body)
    try:
        read = _Version.model_validate(body)
        annotation, version = f"{read.id}@{read.created_at.isoformat()}", read.updated_at.isoformat()
    except (ValidationError, OverflowError):
        annotation, version = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}", ""
    return Notice(annotation=annotation, version=version, body=text[:LONGEST_BODY])


def read_answer(
    body: JsonValue, labels: LabelSpace, classes: Sequence[ClassName], users: Mapping[int, str]
) -> tuple[str, Answer] | Refusal:
    """Return the e-mail address of the user and the answer, of the kind of `labels`, or why it is no answer.

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
    answer = _answer(read.result, labels, classes)
    if isinstance(answer, Refusal):
        return answer
    email = users.get(read.completed_by)
    return Refusal.UNKNOWN_USER if email is None else (email, answer)


def _answer(result: Sequence[JsonValue], labels: LabelSpace, classes: Sequence[ClassName]) -> Answer | Refusal:
    plain = said(result, labels.kind)
    if plain is None:
        one = labels.kind is AnswerKind.CLASSIFICATION
        return Refusal.NOT_ONE_CHOICE if one else Refusal.NOT_OF_THE_KIND
    if not set(_named(plain, labels.kind)) <= set(classes):
        return Refusal.UNKNOWN_CLASS
    try:
        return kind_of(labels).read(plain, classes)
    except InputError:
        return Refusal.NOT_OF_THE_KIND


def _named(plain: JsonValue, kind: AnswerKind) -> list[str]:
    """Return the classes that are named, in what `said` returned."""
    if kind is AnswerKind.TEXT:
        return []
    parts = plain if isinstance(plain, list) else [plain]
    return [str(part["name"] if isinstance(part, dict) else part) for part in parts]
