"""Replays: a record says where it first stood and how often it was replayed; what cannot be true is ignored."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.forecast import ACCEPTED, Choice, Letter, forecast
from quality.frames import Headers, Record
from quality.replay import MOST_REPLAYS, ORIGIN, OWN, REPLAYS, Known, Replay, replay_of, replayed_headers
from quality.screening import screen
from quality.state import State
from quality.testing import TIMESTAMP, TOPIC, events, frame, screening
from schemas.testing import encoded, record
from schemas.verdicts import AcceptedSample, Origin, ReplayOf, Violation

ID = UUID(int=7)
SOUND, BROKEN = encoded(record(1, source="camera-1")), b"{"

header_names = st.sampled_from([ORIGIN, REPLAYS, "trace"]) | st.text(max_size=8)
header_values = st.one_of(st.none(), st.binary(max_size=20), st.just(f"{TOPIC}/0/3".encode()), st.just(b"2"))
headers = st.lists(st.tuples(header_names, header_values), max_size=5).map(tuple)


def at(offset: int, partition: int = 0) -> Origin:
    """Return a place."""
    return Origin(topic=TOPIC, partition=partition, offset=offset)


def standing(letter: int, stands_at: int, *, first: int, replays: int) -> Replay:
    """Return a replay that was published."""
    return Replay(
        replay_id=ID, letter=at(letter), first=first, replays=replays, sought_from=stands_at, stands_at=stands_at
    )


def claimed(origin: str, replays: str) -> Headers:
    """Return headers as anybody may write them."""
    return ((ORIGIN, origin.encode()), (REPLAYS, replays.encode()))


@given(original=headers, first=st.integers(0, 2**60), count=st.integers(0, 9), further=st.integers(1, 2**60))
def test_a_replayed_record_says_its_first_origin_and_its_count(
    original: Headers, first: int, count: int, further: int
) -> None:
    """Whatever headers it had; those that are not ours it keeps, in order."""
    letter = at(first + further) if count else at(first)
    before = standing(first, letter.offset, first=first, replays=count) if count else None
    replay = Replay.of(letter, before, replay_id=ID, sought_from=0)
    sent = replayed_headers(original, replay)
    stood = at(letter.offset + 1)
    assert replay_of(sent, stood) == ReplayOf(origin=at(first), replays=count + 1)
    assert [each for each in sent if each[0] not in OWN] == [each for each in original if each[0] not in OWN]
    assert replayed_headers(sent, replay) == sent


@given(found=headers)
def test_no_header_stops_a_record(found: Headers) -> None:
    """It is accepted as it would be without; the event reads itself back."""
    stood = Record(offset=9, key=None, value=SOUND, headers=found, timestamp=TIMESTAMP)
    (event,) = events(screen(frame([stood]), State(), screening()).accepted, AcceptedSample)
    assert event.replay_of == replay_of(found, at(9))


@pytest.mark.parametrize(
    ("origin", "replays"),
    [
        (f"{TOPIC}/0/4", ""),
        (f"{TOPIC}/0/4", "0"),
        (f"{TOPIC}/0/4", "-1"),
        (f"{TOPIC}/0/4", "1" * 10),
        (f"{TOPIC}/0/4", "\u0661"),
        (f"{TOPIC}/0/9", "1"),
        (f"{TOPIC}/0/{10**20}", "1"),
        (f"{TOPIC}/1/4", "1"),
        ("other.samples/0/4", "1"),
        ("", "1"),
    ],
)
def test_what_cannot_be_true_of_a_replay_is_no_link(origin: str, replays: str) -> None:
    """Another topic or partition, no earlier offset, no count."""
    assert replay_of(claimed(f"{TOPIC}/0/4", "1"), at(9)) is not None
    assert replay_of(claimed(origin, replays), at(9)) is None


def test_a_dead_letter_is_spent_when_the_ledger_has_counted_to_the_limit() -> None:
    """What its headers claim does not count."""
    known = Known.of([standing(3, 9, first=0, replays=MOST_REPLAYS), standing(4, 8, first=4, replays=1)])
    assert [known.is_spent(at(offset)) for offset in (3, 4, 8, 9)] == [False, False, False, True]
    assert known.replayed == {at(3), at(4)}


def letter(value: bytes | None, *rules: str, key: bytes | None = None) -> Letter:
    """Return a dead letter that broke these rules."""
    found = tuple(Violation(rule=rule, where="", seen="", allowed="") for rule in rules)
    stood = Record(offset=5, key=key, value=value, headers=(), timestamp=TIMESTAMP)
    return Letter(place=at(5), record=stood, violations=found)


@pytest.mark.parametrize(
    ("choice", "value", "key", "taken"),
    [
        (Choice(), None, None, True),
        (Choice(rule="a"), None, None, True),
        (Choice(rule="c"), None, None, False),
        (Choice(contract=2), b'{"contract": 2}', None, True),
        (Choice(contract=1), b'{"contract": true}', None, False),
        (Choice(contract=2), b'{"contract": 2', None, False),
        (Choice(source="x"), b'{"source": "x"}', b"y", True),
        (Choice(source="y"), b'{"source": "x"}', b"y", False),
        (Choice(source="y"), b'{"source": "x', b"y", True),
        (Choice(source="y"), b"[]", b"y", True),
        (Choice(source="y"), None, None, False),
        (Choice(source="y", rule="c"), None, b"y", False),
    ],
)
def test_dead_letters_are_chosen_by_rule_contract_and_source(
    choice: Choice, value: bytes | None, key: bytes | None, *, taken: bool
) -> None:
    """The record's own word counts; of a source, where it has none, its key."""
    assert choice.takes(letter(value, "a", "b", key=key)) is taken


def test_a_forecast_tells_what_todays_rules_say_by_what_was_broken_then() -> None:
    """A letter that broke several rules counts at each; the same sample twice is no duplicate here."""
    told = forecast([letter(SOUND, "a"), letter(SOUND, "a", "b"), letter(BROKEN, "a")], screening())
    assert (told.accepted, told.rejected) == (2, 1)
    assert told.by_rule == {("a", ACCEPTED): 2, ("b", ACCEPTED): 1, ("a", "contract.json_invalid"): 1}
    assert (told + told).by_rule["a", ACCEPTED] == 4


def test_a_dead_letter_that_was_a_replay_says_so() -> None:
    """And what is no replay says nothing, at no cost to the bytes of its event."""
    values = [(SOUND, ()), (SOUND, claimed(f"{TOPIC}/0/4", "1")), (BROKEN, claimed(f"{TOPIC}/0/4", "2"))]
    stood = [
        Record(offset=offset, key=None, value=value, headers=found, timestamp=TIMESTAMP)
        for offset, (value, found) in enumerate(values, start=10)
    ]
    outcomes = [screen(frame([one]), State(), screening()) for one in stood]
    assert ["replay_of" in json.loads(value) for each in outcomes for value in each.accepted.values()] == [False, True]
    (dead,) = outcomes[2].rejected.values()
    assert dead.replay_of == ReplayOf(origin=at(4), replays=2)
