"""Times as msgspec reads them, where pydantic reads the same: they stand in structs for `schemas.samples.Instant`."""

from abc import ABC
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Any

import msgspec

# A time of which pydantic takes all: with "Z", or with an offset such as +00:00, and no digit beyond microseconds,
# which it cuts off and msgspec rounds.
LONGEST_UTC, LONGEST_OFFSET = len("2026-01-31T12:00:00.123456Z"), len("2026-01-31T12:00:00.123456+00:00")
_TIME = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])


class Instant(ABC):  # noqa: B024 - msgspec asks whether what was read is one
    """Stands in a struct for `schemas.samples.Instant`: a datetime that `read` makes of a text."""


Instant.register(datetime)


def read(_: type, text: Any) -> datetime:
    """Return the time that a text tells; refuse those that might be read otherwise, or lie at the calendar's ends."""
    in_utc = text[-1] == "Z"
    if len(text) > (LONGEST_UTC if in_utc else LONGEST_OFFSET):
        raise ValueError("longer than a time to the microsecond")
    if not in_utc and (text[-6] not in "+-" or text[-3] != ":"):
        raise ValueError("a shorter offset, which leaves room for more digits")
    if "\\" in text:
        raise ValueError("an escape, which the decoder would follow")
    time: datetime = _TIME.decode(f'"{text}"')
    if not MINYEAR < time.year < MAXYEAR:
        raise ValueError("at an end of the calendar")
    return time
