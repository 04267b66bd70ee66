"""The events of a screened frame, as JSON."""

import base64
from collections.abc import Iterator, Mapping, Sequence, ValuesView

from pydantic import TypeAdapter
from pydantic_core import to_json

from quality.contracts import LONGEST
from quality.decoding import Decoded
from quality.frames import Frame, published_at
from quality.replay import ORIGIN, replay_of
from schemas.verdicts import DeadLetter, Origin, Selection, Versions, Violation

Warnings = tuple[Violation, ...]

WARNINGS = TypeAdapter(Warnings)


class Writer:
    """Writes events of a frame; what they have in common is written once."""

    def __init__(self, frame: Frame, decoded: Decoded, versions: Versions) -> None:
        self._frame = frame
        self._decoded = decoded
        self._versions = versions
        self._origin = b'{"origin":{"topic":%b,"partition":%d,"offset":' % (to_json(frame.topic), frame.partition)
        self._end = b',"versions":%b}' % versions.model_dump_json().encode()

    @property
    def parts(self) -> tuple[bytes, Sequence[int], Sequence[bytes | None], bytes]:
        """What the event of an accepted sample is made of: its beginning, offsets and values by place, its end."""
        return self._origin, self._frame.offsets, self._frame.values, self._end

    def marked(self, warned: Mapping[int, Warnings]) -> frozenset[int]:
        """Return the places of samples that have warnings, are a replay, or were read by pydantic; warnings go by row.

        The events of all others hold nothing but what the record says.
        """
        headers = enumerate(self._frame.headers)
        replays = frozenset(place for place, one in headers if one and ORIGIN in dict(one))
        return replays.union(self._decoded.places[row] for row in warned.keys() | self._decoded.slow.keys())

    def accepted(self, place: int, row: int, warnings: Warnings) -> bytes:
        """Return the event of an accepted sample, whatever it is."""
        found = replay_of(self._frame.headers[place], self._at(place))
        return b'%b%d},"sample":%b,"warnings":%b%b%b' % (
            self._origin,
            self._frame.offsets[place],
            self._decoded.written(row, self._frame.values[place]),
            WARNINGS.dump_json(warnings),
            b',"replay_of":%b' % found.model_dump_json().encode() if found else b"",
            self._end,
        )

    def task(self, place: int, row: int, selection: Selection) -> bytes:
        """Return the request to have the sample labeled."""
        return b'%b%d},"sample":%b,"selection":%b%b' % (
            self._origin,
            self._frame.offsets[place],
            self._decoded.written(row, self._frame.values[place]),
            selection.model_dump_json().encode(),
            self._end,
        )

    def dead_letter(self, place: int, violations: Warnings) -> DeadLetter:
        """Return the record as it came, with what is wrong with it."""
        record = self._frame.record(place)
        origin = self._at(place)
        return DeadLetter(
            origin=origin,
            key=_text(record.key),
            value=_text(record.value and record.value[:LONGEST]),
            headers=tuple((name, _text(value)) for name, value in record.headers),
            timestamp=published_at(record.timestamp),
            violations=violations,
            versions=self._versions,
            replay_of=replay_of(record.headers, origin) if record.headers else None,
        )

    def _at(self, place: int) -> Origin:
        return Origin(topic=self._frame.topic, partition=self._frame.partition, offset=self._frame.offsets[place])


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


class Accepted(Mapping[int, bytes]):
    """The events of accepted samples by their places, each written when it is asked for, but for the few marked ones.

    They are sent as they are written, so that each finds the memory of the one before it in the processor's caches.
    `rows` are the samples' by place; what they are warned of goes by row.
    """

    def __init__(self, writer: Writer, rows: Mapping[int, int], warned: Mapping[int, Warnings]) -> None:
        self._writer = writer
        self._rows = rows
        self._marked = {
            place: writer.accepted(place, rows[place], warned.get(rows[place], ()))
            for place in writer.marked(warned)
            if place in rows
        }

    def __getitem__(self, place: int) -> bytes:
        return self._marked[place] if place in self._marked else self._writer.accepted(place, self._rows[place], ())

    def __contains__(self, place: object) -> bool:
        return place in self._rows

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def values(self) -> ValuesView[bytes]:
        """Return the events, in the order of their places."""
        return _Events(self)

    def written(self) -> Iterator[bytes]:
        """Yield the events; most hold nothing but what the record says, and are written without a call."""
        origin, offsets, values, end = self._writer.parts
        end = b',"warnings":[]' + end
        for place in self._rows:
            if place in self._marked:
                yield self._marked[place]
            else:
                yield b"".join((origin, b'%d},"sample":' % offsets[place], values[place] or b"", end))


class _Events(ValuesView[bytes]):
    def __init__(self, accepted: Accepted) -> None:
        super().__init__(accepted)
        self._accepted = accepted

    def __iter__(self) -> Iterator[bytes]:
        return self._accepted.written()
