"""The ledger: a clean history is proved, and any single fault is named with its offsets."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quality.ledger import RANGES_NAMED, AuditReport, Kept, ReplayCounts, audit, unaccounted
from quality.replay import Replay
from quality.testing import TOPIC
from schemas.verdicts import Disposition, Origin, Receipt, Run, Versions

VERSIONS = Versions(contract=1, suite="s", policy="p")
# One letter an offset: accepted, rejected, duplicate, and accepted and selected.
histories = st.text("ardS", min_size=1, max_size=40)
KINDS = {
    "a": Disposition.ACCEPTED,
    "S": Disposition.ACCEPTED,
    "r": Disposition.REJECTED,
    "d": Disposition.DUPLICATE,
}


def receipt(history: str, first: int = 0, partition: int = 0) -> Receipt:
    """Return the receipt of a frame with this history."""
    selected = tuple(first + at for at, letter in enumerate(history) if letter == "S")
    runs = [Run(first=first + at, count=1, disposition=KINDS[letter]) for at, letter in enumerate(history)]
    return Receipt(
        topic=TOPIC,
        partition=partition,
        first=first,
        next=first + len(history),
        runs=tuple(runs),
        selected=selected,
        duplicates=(),
        versions=VERSIONS,
    )


def at(history: str, letters: str) -> list[int]:
    """Return the offsets of these letters."""
    return [offset for offset, letter in enumerate(history) if letter in letters]


def stores(history: str, **changes: Iterable[int]) -> Kept:
    """Return what the stores hold of this history; `changes` replace a store's offsets."""
    held: dict[str, Iterable[int]] = {
        "archived": at(history, "aS"),
        "dead_letters": at(history, "r"),
        "tasks": at(history, "S"),
        **changes,
    }
    arrays: dict[str, Any] = {name: np.array(list(offsets), np.int64) for name, offsets in held.items()}
    return Kept(**arrays)


def report(receipts: list[Receipt], kept: Kept, end: int, vacant: Iterable[tuple[int, int]] = ()) -> AuditReport:
    """Audit one partition."""
    return audit(TOPIC, {0: end}, receipts, {0: kept}, {0: list(vacant)})


def faults(found: AuditReport) -> dict[str, list[int]]:
    """Return the offsets of each broken law."""
    return {
        fault.law: [offset for first, last in fault.ranges for offset in range(first, last + 1)]
        for fault in found.faults
    }


@given(history=histories, cut=st.integers(0, 40))
def test_a_clean_history_is_proved(history: str, cut: int) -> None:
    """In whatever frames it was screened; and it is summed."""
    receipts = [receipt(history[:cut])] * bool(history[:cut]) + [receipt(history[cut:], cut)] * bool(history[cut:])
    found = report(receipts, stores(history), len(history))
    assert (found.ok, found.produced, found.selected) == (True, len(history), history.count("S"))
    assert found.counts == {
        Disposition.ACCEPTED: len(at(history, "aS")),
        Disposition.REJECTED: history.count("r"),
        Disposition.DUPLICATE: history.count("d"),
    }


@given(history=histories, first=st.integers(0, 40), last=st.integers(0, 40))
def test_a_frame_that_was_screened_twice_has_the_effect_of_one(history: str, first: int, last: int) -> None:
    """A worker that was killed screens again, cut elsewhere, and has the same receipt."""
    again = history[first:last]
    receipts = [receipt(history), *([receipt(again, first)] if again else [])]
    assert report(receipts, stores(history), len(history)).ok


def test_feedback_may_ask_for_what_was_accepted_and_for_nothing_else() -> None:
    """Whether screening selected it too, or not."""
    receipts = [receipt("aSrd")]
    assert report(receipts, stores("aSrd", tasks=[0, 1], asked=[0, 1]), 4).ok
    faults = report(receipts, stores("aSrd", tasks=[1, 2], asked=[2]), 4).faults
    assert [(fault.law, fault.ranges) for fault in faults] == [("nothing else is a task", ((2, 2),))]


def test_nothing_at_all_is_clean() -> None:
    """A topic that was made and not used."""
    found = audit(TOPIC, {0: 0, 1: 0}, [], {0: stores(""), 1: stores("")}, {})
    assert (found.ok, found.produced) == (True, 0)


Planted = Callable[[str, int], tuple[list[Receipt], Kept]]


def without(offsets: list[int], offset: int) -> list[int]:
    """Return the offsets without this one."""
    return [one for one in offsets if one != offset]


def torn(history: str, offset: int) -> list[Receipt]:
    """Return the receipts of a history of which one offset was never screened."""
    parts = [(history[:offset], 0), (history[offset + 1 :], offset + 1)]
    return [receipt(part, first) for part, first in parts if part]


# The law that one fault breaks, the letters at which it can be planted, and the fault.
PLANTED: dict[str, tuple[str, Planted]] = {
    "every offset has a disposition": ("d", lambda h, o: (torn(h, o), stores(h))),
    "no offset has two dispositions": ("d", lambda h, o: ([receipt("r", o), receipt(h)], stores(h))),
    "what is accepted is archived": (
        "a",
        lambda h, o: ([receipt(h)], stores(h, archived=without(at(h, "aS"), o))),
    ),
    "nothing else is archived": ("d", lambda h, o: ([receipt(h)], stores(h, archived=[*at(h, "aS"), o]))),
    "nothing is archived twice": ("aS", lambda h, o: ([receipt(h)], stores(h, archived=[*at(h, "aS"), o]))),
    "what is rejected is a dead letter": (
        "r",
        lambda h, o: ([receipt(h)], stores(h, dead_letters=without(at(h, "r"), o))),
    ),
    "nothing else is a dead letter": ("aSd", lambda h, o: ([receipt(h)], stores(h, dead_letters=[o, *at(h, "r")]))),
    "nothing is a dead letter twice": ("r", lambda h, o: ([receipt(h)], stores(h, dead_letters=[o, *at(h, "r")]))),
    "what is selected is a task": ("S", lambda h, o: ([receipt(h)], stores(h, tasks=without(at(h, "S"), o)))),
    "nothing else is a task": ("ard", lambda h, o: ([receipt(h)], stores(h, tasks=[*at(h, "S"), o]))),
    "nothing is a task twice": ("S", lambda h, o: ([receipt(h)], stores(h, tasks=[*at(h, "S"), o]))),
    "what is selected was accepted": (
        "rd",
        lambda h, o: (
            [receipt(h).model_copy(update={"selected": (*at(h, "S"), o)})],
            stores(h, tasks=[*at(h, "S"), o]),
        ),
    ),
}


@pytest.mark.parametrize("law", PLANTED)
@given(history=histories, place=st.integers(0, 39))
def test_one_planted_fault_is_named_with_its_offset(law: str, history: str, place: int) -> None:
    """The law that it breaks, that alone, and where."""
    letters, plant = PLANTED[law]
    places = at(history, letters)
    assume(places)
    offset = places[place % len(places)]
    receipts, kept = plant(history, offset)
    assert faults(report(receipts, kept, len(history))) == {law: [offset]}


def test_every_law_is_broken_by_a_planted_fault() -> None:
    """A law that is added needs one here: the audit of a history that is wrong throughout breaks them all."""
    history = "aSrd" * 3
    wrong = receipt(history).model_copy(update={"selected": (1, 2, 3)})
    again = receipt("d", 0)
    held = stores(history, archived=[1, 1, 3], dead_letters=[2, 2, 3], tasks=[1, 1, 8])
    assert faults(report([wrong, again], held, len(history) + 1)).keys() == PLANTED.keys()


@given(history=histories, place=st.integers(0, 39))
def test_a_screening_that_selects_otherwise_the_second_time_is_named(history: str, place: int) -> None:
    """The same disposition is not enough: a replay must select the same."""
    places = at(history, "a")
    assume(places)
    offset = places[place % len(places)]
    found = faults(report([receipt(history), receipt("S", offset)], stores(history), len(history)))
    assert found == {"no offset has two dispositions": [offset], "what is selected is a task": [offset]}


def test_a_selection_of_an_offset_that_the_receipt_does_not_cover_is_named() -> None:
    """It would be a task of nothing."""
    stray = receipt("aa").model_copy(update={"selected": (2,)})
    found = faults(report([stray], stores("aa", tasks=[2]), 3))
    assert found == {"every offset has a disposition": [2], "what is selected was accepted": [2]}


@given(history=histories, gaps=st.lists(st.integers(0, 39), max_size=3))
def test_vacant_offsets_need_no_disposition(history: str, gaps: list[int]) -> None:
    """Kafka itself says that nothing stood there, and they do not count as produced."""
    torn_out = {gap for gap in gaps if gap < len(history)}
    receipts = [receipt(letter, offset) for offset, letter in enumerate(history) if offset not in torn_out]
    told = {"archived": "aS", "dead_letters": "r", "tasks": "S"}
    kept = stores(history, **{name: set(at(history, letters)) - torn_out for name, letters in told.items()})
    found = report(receipts, kept, len(history), [(gap, gap) for gap in torn_out])
    assert (found.ok, found.produced) == (True, len(history) - len(torn_out))


def test_what_is_kept_of_a_vacant_offset_is_named() -> None:
    """It came from nowhere."""
    found = report([receipt("a")], stores("a", archived=[0, 1]), 2, [(1, 1)])
    assert faults(found) == {"nothing else is archived": [1]}


def test_a_vacant_range_does_not_hide_a_receipt() -> None:
    """What was screened stood there."""
    found = report([receipt("ar")], stores("ar"), 2, [(0, 1)])
    assert (found.ok, found.produced) == (True, 2)


def test_what_arrives_after_the_end_waits_for_the_next_audit() -> None:
    """The stream goes on while it is audited."""
    assert report([receipt("aSrdaS")], stores("aSrdaS"), 3).counts[Disposition.ACCEPTED] == 2
    assert report([receipt("aSrdaS")], stores("aSrdaS"), 3).ok


def test_partitions_are_accounted_for_each_on_its_own() -> None:
    """The same offset of another partition is another record."""
    receipts = [receipt("aa"), receipt("rr", partition=1)]
    found = audit(TOPIC, {0: 2, 1: 3}, receipts, {0: stores("aa"), 1: stores("rr")}, {})
    assert [(fault.partition, fault.ranges) for fault in found.faults] == [(1, ((2, 2),))]


def test_many_offsets_are_counted_and_the_first_ranges_named() -> None:
    """A report stays readable."""
    found = report([], stores(""), 10)
    assert [(fault.offsets, fault.ranges) for fault in found.faults] == [(10, ((0, 9),))]
    history = "ad" * 50
    (fault,) = report([receipt(history)], stores(history, archived=[]), 100).faults
    assert (fault.offsets, fault.ranges) == (50, tuple((at, at) for at in range(0, 2 * RANGES_NAMED, 2)))


@given(history=histories, gaps=st.sets(st.integers(0, 39)))
def test_the_unaccounted_are_the_offsets_that_no_receipt_names(history: str, gaps: set[int]) -> None:
    """As ranges, which the broker is then asked about."""
    receipts = [receipt(letter, offset) for offset, letter in enumerate(history) if offset not in gaps]
    (ranges,) = unaccounted({0: len(history)}, receipts).values()
    named = {offset for first, last in ranges for offset in range(first, last + 1)}
    assert named == {gap for gap in gaps if gap < len(history)}


def test_stores_may_tell_offsets_in_any_order() -> None:
    """They are sets to the audit, but for what is there twice."""
    kept: Any = stores("aSrS")
    assert report([receipt("aSrS")], replace(kept, archived=kept.archived[::-1]), 4).ok


def replay(letter: int, stands_at: int | None, *, first: int | None = None, replays: int = 1) -> Replay:
    """Return the replay of the dead letter at an offset of partition 0."""
    return Replay(
        replay_id=UUID(int=letter),
        letter=Origin(topic=TOPIC, partition=0, offset=letter),
        first=letter if first is None else first,
        replays=replays,
        sought_from=0,
        stands_at=stands_at,
    )


def replayed(history: str, replays: list[Replay], links: dict[int, tuple[int, int]]) -> AuditReport:
    """Audit a history with replays, whose last record, where it is a dot, is none."""
    receipts = [receipt(history.rstrip("."))]
    kept = replace(stores(history), links=links)
    vacant = [(len(history) - 1, len(history) - 1)] if history.endswith(".") else []
    return audit(TOPIC, {0: len(history)}, receipts, {0: kept}, {0: vacant}, replays=replays)


def test_replays_are_counted_by_what_became_of_them() -> None:
    """A replay of a replay too; what has no disposition yet is under way; other claims are told apart."""
    found = replayed(
        "rrrrrdara",
        [replay(0, 5), replay(1, 6), replay(2, 7), replay(7, None, first=2, replays=2), replay(3, 20)],
        {6: (1, 1), 7: (2, 1), 8: (0, 9)},
    )
    assert found.ok
    assert found.replays == ReplayCounts(replayed=5, counts=dict.fromkeys(Disposition, 1), under_way=2, claims=1)
    assert AuditReport.model_validate_json(found.model_dump_json()) == found


@pytest.mark.parametrize(
    ("law", "history", "entry", "link", "offset"),
    [
        ("what was replayed was a dead letter", "aa", replay(0, 1), (0, 1), 0),
        ("what was replayed stands where the ledger says", "r.", replay(0, 1), None, 1),
        ("a replay keeps its origin", "ra", replay(0, 1), None, 1),
        ("a replay keeps its origin", "ra", replay(0, 1), (0, 2), 1),
        ("a replay keeps its origin", "rr", replay(0, 1), (5, 1), 1),
    ],
)
def test_one_fault_of_a_replay_is_named_with_its_offset(
    law: str, history: str, entry: Replay, link: tuple[int, int] | None, offset: int
) -> None:
    """The law that it breaks, that alone, and where."""
    assert faults(replayed(history, [entry], {1: link} if link else {})) == {law: [offset]}
