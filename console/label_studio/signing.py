"""Signed task data: what comes back is believed only if it is what we sent."""

import hashlib
import hmac
import json
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from console.label_studio.layout import SAMPLE
from console.label_studio.page import page
from schemas.answers import AnswerKind
from storage.unleased import WaitingTask


class Sent(NamedTuple):
    """Which task of ours a task in Label Studio is, and under which guideline version it was sent."""

    task_id: int
    guideline: int


class _Data(BaseModel):
    model_config = ConfigDict(strict=True)

    sample: str
    assay_task: int
    assay_guideline: int
    assay_key: str


def signed_data(secret: bytes, task: WaitingTask, guideline: int, kind: AnswerKind) -> dict[str, JsonValue]:
    """Return the data of a task in Label Studio: what it shows, our task, the guideline, and a key over all three.

    It shows a page; boxes are drawn on the picture itself, which is all that is shown then. The key is the HMAC-SHA256
    (RFC 2104) with our secret: nobody else can make one, and one that is copied to another task, or whose task was
    edited, does not fit.
    """
    sent = Sent(task.task_id, guideline)
    shown = task.media or "" if kind is AnswerKind.BOXES else page(task.payload, task.media)
    return {
        SAMPLE: shown,
        "assay_task": sent.task_id,
        "assay_guideline": sent.guideline,
        "assay_key": _key(secret, sent, shown),
    }


def sent_as(secret: bytes, data: JsonValue) -> Sent | None:
    """Return which task of ours this is; None where it is none, or not as we sent it."""
    try:
        read = _Data.model_validate(data)
    except ValidationError:
        return None
    sent = Sent(read.assay_task, read.assay_guideline)
    key = _key(secret, sent, read.sample)
    return sent if hmac.compare_digest(key, _bytes_only(read.assay_key)) else None


def webhook_token(secret: bytes) -> str:
    """Return what Label Studio shows us when it calls; made from our secret, which it does not tell."""
    return hmac.new(secret, b"webhook", hashlib.sha256).hexdigest()


def is_webhook_token(secret: bytes, token: str) -> bool:
    """Say whether that is the webhook's token, in constant time."""
    return hmac.compare_digest(webhook_token(secret), _bytes_only(token))


def _key(secret: bytes, sent: Sent, shown: str) -> str:
    signed = json.dumps(["task", *sent, shown]).encode()
    return hmac.new(secret, signed, hashlib.sha256).hexdigest()


def _bytes_only(text: str) -> str:
    """Return a text that can be compared in constant time: anything beyond ASCII is no key anyway."""
    return text if text.isascii() else ""
