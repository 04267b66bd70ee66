"""Which windows are a baseline: quiet ones, those of the training where there are any, and none from before an end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quality.drift.choosing import Chosen, Settled, following, joins
from quality.drift.grouping import Span, gathered
from quality.drift.measured import Aspect, Measure

SIZE = Measure(field="size", aspect=Aspect.VALUES)
OF_B = Measure(slice="source=b", field="size", aspect=Aspect.VALUES)
TONE_OF_B = Measure(slice="source=b", field="tone", aspect=Aspect.MISSING)
TONE = Measure(field="tone", aspect=Aspect.VALUES)
ERRORS = Measure(aspect=Aspect.ERRORS)
BEGAN = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_baseline_follows_the_stream_behind_what_checks_look_at() -> None:
    """At first it is the first eight; of more the last ones."""
    assert following(range(1, 6), 12) == (1, 2, 3, 4, 5)
    assert following(range(1, 21), 12) == tuple(range(1, 9))
    assert following(range(1, 51), 12) == tuple(range(23, 35))


def test_windows_of_the_training_are_the_baseline_where_there_are_enough() -> None:
    """Eight of them."""
    quiet = range(1, 51)
    assert Chosen(quiet=quiet, fixed=range(3, 15)).baseline(SIZE) == tuple(range(3, 15))
    assert Chosen(quiet=quiet, fixed=range(3, 10), reference=12).baseline(SIZE) == tuple(range(23, 35))


def test_what_was_settled_starts_anew_and_so_does_what_is_like_it() -> None:
    """The same field and the same slice; neither another field nor what labels say."""
    settled = [Settled(measures=(OF_B, SIZE), number=20)]
    chosen = Chosen(quiet=range(1, 51), fixed=range(3, 15), settled=settled, reference=12)
    for anew in (OF_B, SIZE, TONE_OF_B):
        assert chosen.baseline(anew) == tuple(range(23, 35))
        assert not chosen.is_recent(anew, 20)
    for kept in (TONE, ERRORS):
        assert chosen.baseline(kept) == tuple(range(3, 15))
        assert chosen.is_recent(kept, 20)
    assert chosen.needed == {*range(3, 15), *range(23, 35)}


def test_what_labels_say_belongs_to_the_alarm_that_is_open() -> None:
    """As what is of its field or slice does."""
    assert joins(ERRORS, OF_B)
    assert joins(TONE_OF_B, OF_B)
    assert joins(SIZE, OF_B)
    assert not joins(TONE, OF_B)
    assert not joins(TONE, ERRORS)


@given(
    accepted=st.lists(st.integers(0, 50), max_size=12),
    records=st.integers(1, 100),
    minutes=st.integers(0, 10),
)
def test_a_window_ends_as_soon_as_it_has_records_and_time_enough(
    accepted: list[int], records: int, minutes: int
) -> None:
    """And not before; each span lasts a minute."""
    spans = [
        Span(
            partition=0,
            first=at,
            next=at + 1,
            earliest=BEGAN + timedelta(minutes=at),
            latest=BEGAN + timedelta(minutes=at + 1),
            accepted=count,
        )
        for at, count in enumerate(accepted)
    ]
    expected = [at for at in range(1, len(spans) + 1) if sum(accepted[:at]) >= records and at >= minutes]
    assert gathered(spans, records, timedelta(minutes=minutes)) == (expected[0] if expected else 0)
