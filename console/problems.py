"""What the API says when it cannot do what was asked: RFC 9457 problem details, each with a remedy."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy import exc
from starlette.exceptions import HTTPException

from schemas.errors import AssayError, ConflictError, InputError, UnavailableError

# What to do about each status that the API answers with.
REMEDIES = {
    400: "Send well-formed JSON; /openapi.json says what each endpoint takes.",
    401: "Sign in with POST /v1/session (a code is for PUT /v1/password), or send `Authorization: Bearer TOKEN`.",
    403: "Sign in as somebody who may, or ask an admin for the role; docs/accounts.md says what each may.",
    404: "Look up the endpoints in /openapi.json.",
    405: "Look up the endpoints and their methods in /openapi.json.",
    409: "Read what is current, with POST /v1/claims or GET /v1/guideline, and go on from there.",
    413: "Send a shorter body.",
    422: "Change what `detail` names; /openapi.json says what each endpoint takes.",
    429: "Wait as many seconds as Retry-After says; an admin's code (`assay user password`) lets its owner in at once.",
    500: "Repeat the request; if it fails again, the log of the API says why.",
    503: "Repeat the request in a few seconds; `assay status` says which service is down.",
}
STATUSES: Mapping[type[AssayError], int] = {InputError: 422, ConflictError: 409, UnavailableError: 503}


class Problem(BaseModel):
    """What went wrong with a request, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    remedy: str


# What every endpoint may answer beside what it is for, as OpenAPI says it.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem, with a remedy",
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
}

TITLES = {
    400: "Not understood",
    401: "Unknown",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "The world has moved on",
    413: "Too long",
    422: "Cannot be used",
    429: "Too many attempts",
    500: "Our fault",
    503: "Not available",
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that states the problem."""
    remedy = REMEDIES.get(status, REMEDIES[400])
    body = Problem(title=TITLES.get(status, "Refused"), status=status, detail=detail, remedy=remedy)
    return Response(body.model_dump_json(), status, headers, "application/problem+json")


def state_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem; none shows a traceback or what was sent."""
    app.exception_handler(AssayError)(_assay_error)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_invalid)
    for lost in (exc.OperationalError, exc.InterfaceError, exc.PendingRollbackError, exc.TimeoutError):
        app.exception_handler(lost)(_database_lost)
    app.exception_handler(Exception)(_bug)


def _assay_error(_: Request, error: AssayError) -> Response:
    status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
    return problem(status, str(error), {"Retry-After": "2"} if status == STATUSES[UnavailableError] else None)


def _http_error(_: Request, error: HTTPException) -> Response:
    return problem(error.status_code, error.detail, error.headers)


def _invalid(_: Request, error: RequestValidationError) -> Response:
    wrong = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
    return problem(422, "; ".join(wrong))


def _database_lost(_: Request, error: Exception) -> Response:
    del error
    return problem(503, "PostgreSQL does not answer, or has no connection left.", {"Retry-After": "2"})


def _bug(_: Request, error: Exception) -> Response:
    del error
    return problem(500, "The request met an error that nobody foresaw.")
