"""The few endpoints of Label Studio's API that the bridge uses; nothing that it answers is taken on trust."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from time import monotonic
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, JsonValue, SecretStr, TypeAdapter, ValidationError

from schemas.errors import AssayError, InputError, UnavailableError

# Seconds for a connection, for each wait for bytes, and for the whole of an answer.
CONNECT_SECONDS, READ_SECONDS, MOST_SECONDS = 5.0, 30.0, 120.0
# The longest answer that is read: a page of tasks, each with a sample of at most 1 MiB and room for annotations.
MOST_BYTES = 200_000_000
# Tasks of one page, and of one import.
PAGE = 100
Kind = TypeVar("Kind")
# So much of what it says of a failure is shown.
SHOWN = 300


class StudioTask(BaseModel):
    """A task as it stands in Label Studio; `data` and `annotations` are whatever they are."""

    model_config = ConfigDict(strict=True, frozen=True)

    id: int
    data: JsonValue
    annotations: list[JsonValue]


class _Page(BaseModel):
    model_config = ConfigDict(strict=True)

    total: int
    tasks: list[StudioTask]


class _User(BaseModel):
    model_config = ConfigDict(strict=True)

    id: int
    email: str


class _Made(BaseModel):
    model_config = ConfigDict(strict=True)

    id: int


class Webhook(BaseModel):
    """A webhook of a project."""

    model_config = ConfigDict(strict=True, frozen=True)

    id: int
    url: str
    headers: dict[str, str]
    actions: list[str]
    is_active: bool


class StudioClient:
    """A connection to one Label Studio server.

    Every call raises InputError where the server refuses what it was sent, or the token, and UnavailableError where
    it does not answer, or not in time, or nothing that can be understood.
    """

    def __init__(self, url: str, token: SecretStr, *, transport: httpx.BaseTransport | None = None) -> None:
        self.url = address(url)
        self._token = token
        self._access: str | None = None
        timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        self._http = httpx.Client(base_url=self.url, timeout=timeout, transport=transport)

    def __enter__(self) -> Self:
        """Return the client; its connections are closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    def create_project(self, settings: Mapping[str, JsonValue]) -> int:
        """Make a project and return its number."""
        return _read(_Made, self._ask("POST", "/api/projects/", json=settings)).id

    def project(self, number: int) -> dict[str, JsonValue] | None:
        """Return the settings of a project; None where there is none of this number."""
        answer = self._ask("GET", f"/api/projects/{number}/", none=HTTPStatus.NOT_FOUND)
        return None if answer is None else _read(dict[str, JsonValue], answer)

    def change_project(self, number: int, settings: Mapping[str, JsonValue]) -> None:
        """Replace settings of a project."""
        self._ask("PATCH", f"/api/projects/{number}/", json=settings)

    def tasks(self, number: int) -> Iterator[StudioTask]:
        """Yield all tasks of a project with their annotations, in the order of their ids."""
        which = {"project": number, "fields": "all", "resolve_uri": "false", "page_size": PAGE}
        page, seen = 1, 0
        while True:
            # A page behind the last is not found.
            answer = self._ask("GET", "/api/tasks/", params={**which, "page": page}, none=HTTPStatus.NOT_FOUND)
            if answer is None:
                return
            read = _read(_Page, answer)
            yield from read.tasks
            seen += len(read.tasks)
            if not read.tasks or seen >= read.total:
                return
            page += 1

    def task(self, number: int, task: int) -> StudioTask | None:
        """Return one task of a project with its annotations; None where the project has none of this id."""
        answer = self._ask("GET", f"/api/tasks/{task}/?resolve_uri=false", none=HTTPStatus.NOT_FOUND)
        if answer is None or _read(dict[str, JsonValue], answer).get("project") != number:
            return None
        return _read(StudioTask, answer)

    def import_tasks(self, number: int, tasks: Sequence[Mapping[str, JsonValue]]) -> None:
        """Add tasks to a project, given the data of each."""
        for first in range(0, len(tasks), PAGE):
            body = [{"data": data} for data in tasks[first : first + PAGE]]
            self._ask("POST", f"/api/projects/{number}/import", json=body)

    def delete_task(self, task: int) -> None:
        """Remove a task with its annotations; one that is gone already is left so."""
        self._ask("DELETE", f"/api/tasks/{task}/", none=HTTPStatus.NOT_FOUND)

    def users(self) -> dict[int, str]:
        """Return the e-mail address of each user by id."""
        return {user.id: user.email for user in _read(list[_User], self._ask("GET", "/api/users/"))}

    def webhooks(self, number: int) -> list[Webhook]:
        """Return the webhooks of a project."""
        return _read(list[Webhook], self._ask("GET", "/api/webhooks/", params={"project": number}))

    def add_webhook(self, number: int, *, url: str, headers: Mapping[str, str], actions: Sequence[str]) -> None:
        """Have Label Studio call `url` with these headers when one of these actions happens in a project."""
        settings = {"url": url, "headers": headers, "actions": actions, "send_for_all_actions": False}
        self._ask("POST", "/api/webhooks/", json={**settings, "project": number})

    def delete_webhook(self, webhook: int) -> None:
        """Remove a webhook."""
        self._ask("DELETE", f"/api/webhooks/{webhook}/", none=HTTPStatus.NOT_FOUND)

    def _ask(self, method: str, path: str, *, none: int | None = None, **content: Any) -> bytes | None:
        """Return the body of the answer; None for the status `none`."""
        status, body = self._send(method, path, **content)
        if status == HTTPStatus.UNAUTHORIZED and self._access is not None:
            self._access = None  # it lives for minutes only
            status, body = self._send(method, path, **content)
        if status == none:
            return None
        if not HTTPStatus(200) <= status < HTTPStatus(300):
            raise self._refused(method, path, status, body)
        return body

    def _send(self, method: str, path: str, **content: Any) -> tuple[int, bytes]:
        """Return status and body, which is read up to a limit."""
        headers = {"Authorization": self._authorization()}
        return self._read_bounded(method, path, headers=headers, **content)

    def _read_bounded(self, method: str, path: str, **content: Any) -> tuple[int, bytes]:
        try:
            with self._http.stream(method, path, **content) as response:
                body, until = bytearray(), monotonic() + MOST_SECONDS
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MOST_BYTES or monotonic() > until:
                        raise UnavailableError(
                            f"Label Studio at {self.url} answers without end: check that ASSAY_LABEL_STUDIO_URL leads "
                            "to it; if samples are long, set ASSAY_LABEL_STUDIO_TASKS to fewer."
                        )
                return response.status_code, bytes(body)
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"Label Studio does not answer at {self.url} ({type(error).__name__}): start it, or set "
                "ASSAY_LABEL_STUDIO_URL to where it is."
            ) from None

    def _authorization(self) -> str:
        """Return what says who we are: a personal access token, which has two dots, is first exchanged for another."""
        token = self._token.get_secret_value()
        if token.count(".") != 2:  # noqa: PLR2004 - header, claims and signature of a JSON Web Token
            return f"Token {token}"
        if self._access is None:
            status, body = self._read_bounded("POST", "/api/token/refresh/", json={"refresh": token})
            if status != HTTPStatus.OK:
                raise self._refused("POST", "/api/token/refresh/", HTTPStatus.UNAUTHORIZED, body)
            self._access = str(_read(dict[str, JsonValue], body).get("access"))
        return f"Bearer {self._access}"

    def _refused(self, method: str, path: str, status: int, body: bytes) -> AssayError:
        said = _printable(body)
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return InputError(
                f"Label Studio at {self.url} does not take the token ({said}): set ASSAY_LABEL_STUDIO_TOKEN to an "
                "access token of one of its users, from Account & Settings there."
            )
        if 300 <= status < 400:  # noqa: PLR2004 - redirections
            return InputError(f"{self.url} leads elsewhere: set ASSAY_LABEL_STUDIO_URL to where it leads.")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            return UnavailableError(f"Label Studio at {self.url} failed ({status}: {said}): repeat this in a while.")
        return InputError(
            f"Label Studio at {self.url} refused {method} {path} ({status}: {said}). If that is another program, set "
            "ASSAY_LABEL_STUDIO_URL; if its project is gone, `assay label-studio push --new-project` makes another."
        )


def address(url: str) -> str:
    """Return the address of a server as it is compared.

    Raises:
        InputError: it is none that can be called.
    """
    try:
        parts, parsed = urlsplit(url), httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        parts, parsed = urlsplit(""), httpx.URL("")
    if parts.scheme not in ("http", "https") or not parsed.host or parsed.userinfo or parts.query:
        raise InputError("ASSAY_LABEL_STUDIO_URL is no address of a server: write it as http://HOST:PORT.")
    return str(parsed).rstrip("/")


def _read(kind: type[Kind], body: bytes | None) -> Kind:
    try:
        return TypeAdapter(kind).validate_json(body or b"")
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"])) or "the answer"
        raise UnavailableError(
            f"Label Studio answered what is not understood ({where}: {wrong['msg']}): check that "
            "ASSAY_LABEL_STUDIO_URL leads to Label Studio itself; the bridge was tested with its version 1.23.2."
        ) from None


def _printable(body: bytes) -> str:
    text = body.decode(errors="replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:SHOWN]
