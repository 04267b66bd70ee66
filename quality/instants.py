"""Times as msgspec reads them, where pydantic reads the same: they stand in structs for `schemas.samples.Instant`."""

from abc import ABC
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Any

import msgspec

# A time of which pydantic takes all: with "Z", or with an offset such as +00:00, and no digit beyond microseconds,
# which it cuts off and msgspec rounds.
LONGEST_UTC, LONGEST_OFFSET = len("2026-01-31T12:00:00.123456Z"), len("2026-01-31T12:00:00.123456+00:00")
_TIME = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])
_TIMES = msgspec.json.Decoder(list[Annotated[datetime, msgspec.Meta(tz=True)]])
# The years at the calendar's ends, as a text begins with them.
_FIRST, _LAST = f"{MINYEAR:04d}", f"{MAXYEAR:04d}"


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


def read_all(texts: Sequence[str]) -> Sequence[datetime | None]:
    """Return the time that each text tells, None of those that `read` refuses."""
    times = _read_at_once(texts)
    return [_read_or_none(text) for text in texts] if times is None else times


def _read_at_once(texts: Sequence[str]) -> list[datetime] | None:
    """Read texts that are all in UTC by one call; None where one of them is not, or may be refused."""
    joined = '","'.join(texts)
    in_utc = joined.endswith("Z") and joined.count('Z"') == len(texts) - 1
    if not in_utc or joined.count('"') != 2 * (len(texts) - 1) or "\\" in joined:
        return None
    if max(map(len, texts)) > LONGEST_UTC or min(texts)[:4] <= _FIRST or max(texts)[:4] >= _LAST:
        return None
    try:
        times: list[datetime] = _TIMES.decode(f'["{joined}"]')
    except ValueError:  # msgspec's own are ValueErrors
        return None
    return times


def _read_or_none(text: str) -> datetime | None:
    try:
        return read(Instant, text)
    except (ValueError, LookupError):
        return None
