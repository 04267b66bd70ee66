"""The bridge: sends tasks to Label Studio, counts what comes back, removes what is done."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue
from sqlalchemy import Engine

from console.label_studio import layout
from console.label_studio.annotations import Refusal, notice_of, read_answer
from console.label_studio.client import StudioClient, StudioTask
from console.label_studio.page import is_web
from console.label_studio.signing import Sent, is_webhook_token, sent_as, signed_data, webhook_token
from console.settings import LabelStudioSettings
from schemas.answers import AnswerKind, ClassName
from schemas.errors import InputError
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from storage import guidelines
from storage import label_studio as kept
from storage.label_studio import Claim, StudioProject
from storage.labelers import Labeler
from storage.unleased import WaitingTask, open_rounds, waiting

# For each picture that is to be sent so many tasks are looked at: others may have none on the web.
LOOKED_AT = 10
# Where our API takes hints, and what Label Studio sends them for.
HINTS = "/v1/label-studio/hints"
ACTIONS = ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"]


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a look at all tasks in Label Studio came to.

    Attributes:
        fates: How many annotations became labels, were labels already, or were refused, by reason.
        removed: How many tasks were removed there: done, begun anew under another guideline, or there twice.
        standing: Tasks of ours that stand there now, and their ids there.
        foreign: Tasks that are not ours, or were edited: they are left alone, and nothing of them counts.
    """

    fates: Mapping[str, int]
    removed: int
    standing: Mapping[int, int]
    foreign: int


@dataclass(frozen=True, kw_only=True)
class _Background:
    """What annotations and tasks there are judged by.

    Users' addresses by id, and which labelers of ours they are by address; the classes by guideline version, of which
    the last is in force.
    """

    emails: Mapping[int, str]
    labelers: Mapping[str, Labeler]
    classes: Mapping[int, Sequence[ClassName]]

    @property
    def version(self) -> int:
        return max(self.classes)


class _Found(NamedTuple):
    """A task of ours there."""

    sent: Sent
    number: int
    annotated: bool


class Bridge:
    """One project's bridge to one Label Studio server.

    What stands there is asked for each time, never remembered: so a push that crashed after Label Studio had taken
    its tasks finds them, and sends none twice.
    """

    def __init__(
        self, engine: Engine, project: ProjectConfig, client: StudioClient, *, most: int, callback: str | None = None
    ) -> None:
        self._engine = engine
        self._project = project
        self._client = client
        self._most = most
        self._callback = callback

    def push(self, *, new_project: bool = False) -> tuple[int, Swept]:
        """Sweep, then send the most urgent tasks with room until as many stand there as may; return how many are new.

        Makes the project there, and its webhook, where they are missing, and brings classes and guideline up to date.

        Raises:
            ConflictError: another push or sweep is at work.
            InputError: the project is gone there, or it cannot be shown.
        """
        with kept.alone(self._engine, self._project.name):
            # Tasks are answered under the version that is set there, even if another is published meanwhile.
            guideline = guidelines.current(self._engine, self._project.name)
            studio = self._prepared(guideline, new_project=new_project)
            swept = self._swept(studio)
            room = max(0, self._most - len(swept.standing))
            chosen = self._waiting(room, swept.standing.keys())
            self._client.import_tasks(
                studio.number,
                [signed_data(studio.secret, task, guideline.version, self._project.labels.kind) for task in chosen],
            )
        return len(chosen), swept

    def _waiting(self, room: int, but: Collection[int]) -> list[WaitingTask]:
        """Return the most urgent tasks to send; where boxes are drawn, of those due soon the ones with a picture."""
        if self._project.labels.kind is not AnswerKind.BOXES:
            return waiting(self._engine, self._project.name, room, but=but)
        due = waiting(self._engine, self._project.name, room * LOOKED_AT, but=but)
        return [task for task in due if task.media is not None and is_web(task.media)][:room]

    def sweep(self) -> Swept:
        """Count every annotation there that was not counted yet, then remove the tasks that want no answer any more."""
        with kept.alone(self._engine, self._project.name):
            return self._swept(self._known())

    def take(self, task: int) -> Counter[str]:
        """Fetch one task of Label Studio, by its id there, and count its annotations; return what became of them."""
        studio = self._known()
        found = self._client.task(studio.number, task)
        return Counter() if found is None else self._taken(studio, found, self._background())

    def is_caller(self, token: str) -> bool:
        """Say whether that is the token of the webhook that we have made."""
        studio = kept.studio_project(self._engine, self._project.name, self._client.url)
        return studio is not None and is_webhook_token(studio.secret, token)

    def _known(self) -> StudioProject:
        studio = kept.studio_project(self._engine, self._project.name, self._client.url)
        if studio is None:
            raise InputError(
                f"Nothing of project {self._project.name} was sent to Label Studio at {self._client.url} yet: "
                "`assay label-studio push` does it."
            )
        return studio

    def _prepared(self, guideline: Guideline, *, new_project: bool) -> StudioProject:
        wanted = layout.settings(self._project, guideline, self._classes(guideline))
        studio = kept.studio_project(self._engine, self._project.name, self._client.url)
        if studio is None or new_project:
            number = self._client.create_project(wanted)
            studio = kept.remember(self._engine, self._project.name, self._client.url, number)
        else:
            self._bring_up_to_date(studio, wanted)
        self._call_back(studio)
        return studio

    def _bring_up_to_date(self, studio: StudioProject, wanted: dict[str, JsonValue]) -> None:
        stands = self._client.project(studio.number)
        if stands is None:
            raise InputError(
                f"Label Studio at {self._client.url} has no project {studio.number} any more, or hides it from this "
                "user: use the token of a user who sees it, or `assay label-studio push --new-project`."
            )
        if any(stands.get(name) != value for name, value in wanted.items()):
            self._client.change_project(studio.number, wanted)

    def _call_back(self, studio: StudioProject) -> None:
        """Have one webhook of ours there, and none that calls an address of before; nothing of others is touched."""
        if self._callback is None:
            return
        url = self._callback.rstrip("/") + HINTS
        headers = {"Authorization": f"Bearer {webhook_token(studio.secret)}"}
        right = False
        for hook in self._client.webhooks(studio.number):
            if hook.headers == headers and hook.url == url and hook.is_active and not right:
                right = True
            elif hook.headers == headers:
                self._client.delete_webhook(hook.id)
        if not right:
            self._client.add_webhook(studio.number, url=url, headers=headers, actions=ACTIONS)

    def _swept(self, studio: StudioProject) -> Swept:
        background, fates, foreign = self._background(), Counter[str](), 0
        found: list[_Found] = []
        for task in self._client.tasks(studio.number):
            fates += self._taken(studio, task, background)
            sent = sent_as(studio.secret, task.data)
            if sent is None:
                foreign += 1
            else:
                found.append(_Found(sent, task.id, bool(task.annotations)))
        standing = self._standing(found, background)
        done = sorted({each.number for each in found} - set(standing.values()))
        for number in done:
            fates += Counter({kept.COUNTED: self._removed(studio, number, background)})
        return Swept(fates=fates, removed=len(done), standing=standing, foreign=foreign)

    def _standing(self, found: Sequence[_Found], background: _Background) -> dict[int, int]:
        """Return the tasks that may stay there, with their ids there.

        Those that are open still, in the round for which they were sent, and say what is in force: sent under the last
        guideline, or begun under one with the same classes. Of a task that is there twice, because a push was cut off
        and Label Studio took its tasks late, the first stays.
        """
        rounds = open_rounds(self._engine, self._project.name, [each.sent.task_id for each in found])
        in_force, standing = background.classes[background.version], dict[int, int]()
        for each in sorted(found, key=lambda each: each.number):
            since, version = rounds.get(each.sent.task_id), each.sent.guideline
            begun = each.annotated and background.classes.get(version) == in_force
            if since is not None and version >= since and (version == background.version or begun):
                standing.setdefault(each.sent.task_id, each.number)
        return standing

    def _removed(self, studio: StudioProject, number: int, background: _Background) -> int:
        """Remove a task there, after a last look; return how many labels that look brought."""
        last = self._client.task(studio.number, number)
        brought = 0 if last is None else self._taken(studio, last, background)[kept.COUNTED]
        self._client.delete_task(number)
        return brought

    def _background(self) -> _Background:
        published = guidelines.history(self._engine, self._project.name)
        return _Background(
            emails=self._client.users(),
            labelers=kept.linked(self._engine, self._project.name),
            classes={guideline.version: self._classes(guideline) for guideline in published},
        )

    def _classes(self, guideline: Guideline) -> Sequence[ClassName]:
        """Return what may be answered under a guideline; one of before guidelines defined classes has the project's."""
        return guideline.classes or self._project.labels.classes

    def _taken(self, studio: StudioProject, task: StudioTask, background: _Background) -> Counter[str]:
        """Count what can be counted of a task's annotations, the oldest first."""
        sent = sent_as(studio.secret, task.data)
        return Counter(self._take(studio, sent, body, background) for body in sorted(task.annotations, key=_age))

    def _take(self, studio: StudioProject, sent: Sent | None, body: JsonValue, background: _Background) -> str:
        notice = notice_of(body)
        if sent is None:
            return kept.refuse(self._engine, studio, notice, Refusal.FOREIGN_TASK)
        read = read_answer(body, self._project.labels, background.classes.get(sent.guideline, ()), background.emails)
        if isinstance(read, Refusal):
            return kept.refuse(self._engine, studio, notice, read)
        email, answer = read
        labeler = background.labelers.get(kept.normal(email))
        if labeler is None:
            return kept.refuse(self._engine, studio, notice, Refusal.UNKNOWN_USER)
        claim = Claim(task_id=sent.task_id, guideline=sent.guideline, labeler=labeler, answer=answer)
        return kept.count(self._engine, self._project, studio, notice, claim)


def _age(body: JsonValue) -> tuple[bool, int]:
    number = body.get("id") if isinstance(body, dict) else None
    return (False, number) if isinstance(number, int) else (True, 0)


@contextmanager
def open_bridge(engine: Engine, project: ProjectConfig, settings: LabelStudioSettings) -> Iterator[Bridge]:
    """Yield the bridge that these settings describe; it connects at first use.

    Raises:
        InputError: a setting is missing, or is no address.
    """
    if settings.label_studio_url is None or settings.label_studio_token is None:
        raise InputError(
            "Set ASSAY_LABEL_STUDIO_URL to the address of your Label Studio, and ASSAY_LABEL_STUDIO_TOKEN to an access "
            "token of one of its users, from Account & Settings there."
        )
    with StudioClient(settings.label_studio_url, settings.label_studio_token) as client:
        yield Bridge(engine, project, client, most=settings.label_studio_tasks, callback=settings.label_studio_callback)
