"""Records that went wrong: sound ones spoiled in every way that a producer, a network or a foe may think of."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from schemas.testing_contracts import DAYS, FRACTIONS, HOURS, ODD, ZONES

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][-+.eE0-9]*|true|false|null|[{}\[\],:]')
ODD_TOKENS = tuple(token.encode("utf-8", "surrogatepass") for token in ODD)
# Bytes that mean something to a reader of JSON or of UTF-8.
TELLING = (*b'"\\{}[],:0123456789.eE+-tfn \n\x00\x7f\x80\xc0\xed\xf5\xff', 0xEF)
# Values of other types, or at the edge of theirs.
PLAIN: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**63, 2**64, -(2**70), 0.1, -0.0, 1e308, 5e-324, float("nan"), float("inf")),
    *("", "é", [], {}),
)
# The share of records that are left sound, so that screening has something to remember.
SOUND = 0.35

Record = dict[str, Any]


class Mutations:
    """Makes records from sound ones; the same `random` makes the same records.

    `sound` makes the number of a sound record, as plain JSON, into the record.
    """

    def __init__(self, random: Random, sound: Callable[[int, Random], Record]) -> None:
        self._random = random
        self._sound = sound
        self._number = 0
        self._ways: tuple[Callable[[bytes], bytes | None], ...] = (
            *(self._flipped, self._cut, self._spliced, self._swapped, self._replaced, self._replaced, self._repeated),
            *(self._restructured, self._restructured, self._restructured, self._retimed, self._recased, self._wild),
        )

    def value(self) -> bytes | None:
        """Return the next record: sound, or wrong in one way or several."""
        data: bytes | None = self._fresh()
        if self._random.random() < SOUND:
            return data
        for _ in range(1 if self._random.random() < 0.8 else 3):
            data = self._random.choice(self._ways)(data) if data else data
        return data

    def _fresh(self) -> bytes:
        # Now and then an earlier number comes again, and with it the same sample.
        self._number += 1 if self._random.random() < 0.9 else 0
        return json.dumps(self._sound(self._number, self._random)).encode()

    def _flipped(self, data: bytes) -> bytes:
        spoiled = bytearray(data)
        for _ in range(self._random.randint(1, 4)):
            spoiled[self._random.randrange(len(spoiled))] = self._byte()
        return bytes(spoiled)

    def _byte(self) -> int:
        return self._random.choice(TELLING) if self._random.random() < 0.5 else self._random.randrange(256)

    def _cut(self, data: bytes) -> bytes:
        start, end = sorted((self._random.randrange(len(data) + 1), self._random.randrange(len(data) + 1)))
        return self._random.choice((data[:end], data[start:], data[:start] + data[end:]))

    def _spliced(self, data: bytes) -> bytes:
        other = self._fresh()
        return data[: self._random.randrange(len(data))] + other[self._random.randrange(len(other)) :]

    def _swapped(self, data: bytes) -> bytes:
        return self._with_tokens(data, lambda one, other: (other, one))

    def _repeated(self, data: bytes) -> bytes:
        return self._with_tokens(data, lambda one, other: (one + self._random.choice((b"", b",", b":")) + one, other))

    def _replaced(self, data: bytes) -> bytes:
        return self._with_tokens(data, lambda _, other: (self._random.choice(ODD_TOKENS), other))

    def _with_tokens(self, data: bytes, change: Callable[[bytes, bytes], tuple[bytes, bytes]]) -> bytes:
        """Return the data with two of its tokens changed."""
        tokens = list(TOKEN.finditer(data))
        if len(tokens) < 2:
            return data
        one, other = sorted(self._random.sample(tokens, 2), key=re.Match.start)
        first, second = change(one.group(), other.group())
        return data[: one.start()] + first + data[one.end() : other.start()] + second + data[other.end() :]

    def _restructured(self, data: bytes) -> bytes:
        """Return the record with one of its parts missing, unknown, renamed, nested, repeated, or another's."""
        try:
            record = json.loads(data)
        except (ValueError, RecursionError):
            return data
        if not isinstance(record, dict) or not record:
            return data
        place = self._place(record)
        name = self._random.choice(list(place))
        match self._random.randrange(7):
            case 0:
                del place[name]
            case 1:
                place[f"{name}{self._random.choice(('', '_', 'é', chr(0)))}"] = place.pop(name)
                place["extra"] = 1
            case 2:
                place[name] = {name: place[name]}
            case 3:
                place[name] = [place[name]] * self._random.choice((0, 1, 2, 70))
            case 4:
                place[name] = place[self._random.choice(list(place))]
            case 5:
                place[name] = self._plain(place[name])
            case _:
                return self._twice(json.dumps(record), name)
        return self._written(record)

    def _place(self, record: Record) -> Record:
        """Return the record or one of the objects in it."""
        inner = [one for one in record.values() if isinstance(one, dict) and one]
        return self._random.choice([record, *inner])

    def _plain(self, value: Any) -> Any:
        """Return a value of another type, or at the edge of its own."""
        if isinstance(value, list) and value and self._random.random() < 0.7:
            return [*value[:-1], self._plain(value[-1])]
        return self._random.choice(PLAIN)

    def _twice(self, text: str, name: str) -> bytes:
        """Return an object with one name told twice, the last with an odd value."""
        odd = self._random.choice(ODD)
        return f"{text[:-1]}, {json.dumps(name)}: {odd}}}".encode("utf-8", "surrogatepass")

    def _written(self, record: Record) -> bytes:
        text = json.dumps(
            record,
            ensure_ascii=self._random.random() < 0.5,
            indent=self._random.choice((None, None, None, 1)),
        )
        return text.encode("utf-8", "surrogatepass")

    def _retimed(self, data: bytes) -> bytes:
        parts = (DAYS, ("T", "T", "t", " ", "_"), HOURS, FRACTIONS, ZONES)
        time = "".join(self._random.choice(one) for one in parts)
        return re.sub(rb'"occurred_at": "[^"]*"', lambda _: f'"occurred_at": "{time}"'.encode(), data)

    def _recased(self, data: bytes) -> bytes:
        """Return the record with a letter told as an escape, which says the same, or almost the same."""
        letters = [match.start() for match in re.finditer(rb"[a-z]", data)]
        if not letters:
            return data
        at = self._random.choice(letters)
        code = self._random.choice((data[at], data[at], 0, 0xD800, 0xDC00, 0xE9))
        return data[:at] + b"\\u%04x" % code + data[at + 1 :]

    def _wild(self, data: bytes) -> bytes | None:
        start = self._random.choice((b"\xef\xbb\xbf", b" ", b"\n\t", b"\x00", b"[", b'"'))
        noise = self._random.randbytes(self._random.randrange(40))
        return self._random.choice((None, b"", noise, start + data, data + start, data + noise, data + data))


def headers(random: Random) -> tuple[tuple[str, bytes | None], ...]:
    """Return headers of a record: mostly none, now and then odd ones."""
    if random.random() < 0.9:
        return ()
    return tuple((random.choice(("a", "é", "", "\x00")), random.choice((None, b"", b"\xff\x00"))) for _ in range(2))


def timestamp(random: Random) -> int:
    """Return a record's timestamp in milliseconds: mostly of 2026, now and then one that no clock shows."""
    return random.choice((1_767_600_000_000,) * 9 + (0, -1, 2**63 - 1, -(2**63), 253_402_300_800_000))
