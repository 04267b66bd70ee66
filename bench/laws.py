"""What holds of every frame that was screened, whatever was in it."""

import base64
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from pydantic import ValidationError
from pydantic_core import to_json

from quality.contracts import Contract
from quality.decoding import Columns, decode
from quality.frames import Frame
from quality.screening import Outcome, Screening
from quality.testing_reading import alone, same
from schemas.verdicts import AcceptedSample, DeadLetter, Disposition, TaskRequest


class Broken(Exception):  # noqa: N818 - not an error of this code's
    """A law that does not hold: `kind` is the count it goes to, `places` are the records of the frame that show it."""

    def __init__(self, kind: str, told: str, places: Sequence[int]) -> None:
        super().__init__(told)
        self.kind = kind
        self.places = list(places)


def check(frame: Frame, outcome: Outcome, asked: Screening) -> None:
    """Check what a frame turned into.

    Raises:
        Broken: a law does not hold.
    """
    _everything_ends_once(frame, outcome)
    # As they are sent; by its place each is written in another way.
    for place, event in zip(outcome.accepted, outcome.accepted.values(), strict=True):
        _accepted_is_a_sample(frame, place, event, asked.contract)
        _claim(outcome.accepted[place] == event, "an event is another by its place", place)
    for place, task in outcome.tasks.items():
        _claim(place in outcome.accepted, "what was selected was not accepted", place)
        _claim(_reads(TaskRequest, task), "a task cannot be read", place)
    for place, letter in outcome.rejected.items():
        _rejected_is_as_it_came(frame, place, letter)


def _claim(holds: bool, told: str, *places: int) -> None:  # noqa: FBT001 - it is what is claimed
    if not holds:
        raise Broken("unsound", told, places)


def _everything_ends_once(frame: Frame, outcome: Outcome) -> None:
    """Check that each offset has one disposition, and that the outcome and its receipt say the same."""
    offsets = {offset: place for place, offset in enumerate(frame.offsets)}
    told = [(run.first + step, run.disposition) for run in outcome.receipt.runs for step in range(run.count)]
    everywhere = range(len(frame))
    _claim([offset for offset, _ in told] == list(frame.offsets), "the receipt names other offsets", *everywhere)
    by = {kind: {offsets[offset] for offset, one in told if one is kind} for kind in Disposition}
    repeated = {offsets[one.offset] for one in outcome.receipt.duplicates}
    ended = (by[Disposition.ACCEPTED], by[Disposition.REJECTED], by[Disposition.DUPLICATE])
    _claim(ended == (set(outcome.accepted), set(outcome.rejected), repeated), "two accounts differ", *everywhere)
    _claim(outcome.state.next_offset == outcome.receipt.next == frame.next, "the state stands elsewhere", *everywhere)


def _accepted_is_a_sample(frame: Frame, place: int, event: bytes, contract: Contract) -> None:
    """Check that an event can be read, says where it is from, and holds what pydantic alone reads as it was sent."""
    try:
        accepted = AcceptedSample.model_validate_json(event)
    except ValidationError as error:
        raise Broken("unsound", f"an accepted event cannot be read: {error}", [place]) from error
    _claim(accepted.origin.offset == frame.offsets[place], "an event names another offset", place)
    again, sent = contract.decode(to_json(accepted.sample)), contract.decode(frame.values[place])
    _claim(not isinstance(sent, tuple), "what was accepted pydantic refuses", place)
    _claim(again == sent, "what was accepted reads otherwise from its event", place)


def _rejected_is_as_it_came(frame: Frame, place: int, letter: DeadLetter) -> None:
    """Check that a dead letter says why, and holds the record byte for byte."""
    record = frame.record(place)
    _claim(bool(letter.violations), "a dead letter without a reason", place)
    _claim(_reads(DeadLetter, letter.model_dump_json().encode()), "a dead letter cannot be read", place)
    kept = (letter.origin.offset, _bytes(letter.key), _bytes(letter.value))
    _claim(kept == (record.offset, record.key, record.value), "a dead letter holds something else", place)
    _claim(tuple((name, _bytes(one)) for name, one in letter.headers) == record.headers, "headers differ", place)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def _reads(kind: type[TaskRequest | DeadLetter], written: bytes) -> bool:
    try:
        kind.model_validate_json(written)
    except ValidationError:
        return False
    return True


def compare(contract: Contract, values: Sequence[bytes | None], places: Sequence[int]) -> None:
    """Check that the compiled contract reads these records as pydantic alone does: verdict, values and types.

    Raises:
        Broken: it reads one of them otherwise.
    """
    for place in places:
        decoded, expected = decode(contract, [values[place]]), alone(contract, values[place])
        if isinstance(expected, tuple):
            agreed = dict(decoded.violations) == {0: expected}
        else:
            agreed = bool(decoded.places) and all(
                same(one, expected[name]) for name, one in _told(decoded.columns, expected)
            )
        if not agreed:
            raise Broken("disagreed", f"pydantic alone says {expected}", [place])


def _told(columns: Columns, names: Collection[str]) -> Iterator[tuple[str, object]]:
    """Yield by name the values of a single sample, as events and as rules are given them."""
    for name, ruled in columns.for_rules(names).items():
        yield name, columns[name][0]
        yield name, ruled.tolist()[0] if isinstance(ruled, np.ndarray) else ruled[0]
