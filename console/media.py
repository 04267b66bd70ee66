"""The endpoints of images that samples name: of an assignment to who holds its lease, of any sample by permission.

No address holds the name of a file. A name is what a producer wrote, and `storage/media.py` takes it for hostile.
"""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response

from console.access import Investigating, Labeling
from console.desk import Desk, OpenDesk
from console.problems import PROBLEMS
from schemas.errors import InputError
from storage import assignments, lives
from storage.media import TYPES

# Whatever a browser takes the bytes for, they may do nothing, and no other site may have them.
SHUT_IN = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}
IMAGES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The image", "content": {kind: {"schema": {"type": "string"}} for kind in TYPES}}
}

router = APIRouter(prefix="/v1", responses=PROBLEMS)


@router.get("/assignments/{assignment_id}/media", response_class=Response, responses=IMAGES)
def of_assignment(desk: OpenDesk, labeler: Labeling, assignment_id: UUID) -> Response:
    """Return the image that the sample of an assignment names, while you hold its lease."""
    return _image(desk, assignments.media_of(desk.engine, labeler, assignment_id))


@router.get("/media/{sample_id:path}", response_class=Response, responses=IMAGES)
def of_sample(desk: OpenDesk, _: Investigating, sample_id: str) -> Response:
    """Return the image that an accepted sample names, by permission."""
    return _image(desk, lives.media_of(desk.lake, desk.engine, desk.project.name, sample_id))


def media_of_assignment(assignment_id: UUID) -> str:
    """Return the address of an assignment's image."""
    return f"/v1/assignments/{assignment_id}/media"


def media_of_sample(sample_id: str) -> str:
    """Return the address of a sample's image."""
    return f"/v1/media/{quote(sample_id, safe='')}"


def _image(desk: Desk, name: str | None) -> Response:
    if desk.media is None or name is None:
        raise InputError("The sample names no image, or the project shows none: `media` in `[view]` is their folder.")
    image = desk.media.image(name)
    return Response(image.content, media_type=image.type, headers=SHUT_IN)
