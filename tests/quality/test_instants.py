"""Times: many are read as each of them alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.instants import Instant, read, read_all

times = st.datetimes(timezones=st.just(UTC))
in_utc = times.map(lambda time: time.isoformat().replace("+00:00", "Z"))
odd = st.one_of(
    times.map(datetime.isoformat),
    st.text(max_size=30),
    st.sampled_from(
        [
            '2026-01-31T12:00:00Z","2026-01-31T12:00:00Z',
            "2026-01-31T12:00:00.1234567Z",
            "2026-01-31T12:00:00.123456+0000",
            "2026-02-30T12:00:00Z",
            "2026-01-31T12:00:00\\u005a",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2026-01-31T12:00:00z",
            "Z",
            "",
        ]
    ),
)


def alone(text: str) -> datetime | None:
    """Return what one text tells by itself; None where it is refused."""
    try:
        return read(Instant, text)
    except (ValueError, LookupError):
        return None


@given(texts=st.lists(st.one_of(in_utc, odd), max_size=5))
def test_many_are_read_as_each_alone(texts: list[str]) -> None:
    """Whatever stands beside it, each is the same time, or refused."""
    assert list(read_all(texts)) == [alone(text) for text in texts]


@given(texts=st.lists(in_utc, min_size=1, max_size=5))
def test_times_in_utc_are_read(texts: list[str]) -> None:
    """All but those of the calendar's first and last year, which other zones would push over its ends."""
    expected = [None if text[:4] in {"0001", "9999"} else datetime.fromisoformat(text) for text in texts]
    assert list(read_all(texts)) == expected


@pytest.mark.parametrize("texts", [['2026-01-31T12:00:00Z","2026-01-31T12:00:00Z'], ["0001-01-01T00:00:00Z"]], ids=str)
def test_what_is_refused_stands_at_its_place(texts: list[str]) -> None:
    """No text can pass for two, and none is left out."""
    assert list(read_all(["2026-01-31T12:00:00Z", *texts])) == [datetime(2026, 1, 31, 12, tzinfo=UTC), None]
