"""What screening remembers of a partition, and how it is written into a checkpoint."""

from dataclasses import dataclass, field
from typing import Any

import msgpack
import numpy as np

from quality.duplicates import Recent
from quality.routing.packing import packed, unpacked
from quality.routing.state import RoutingState
from quality.sketches import packing
from quality.sketches.running import Running
from schemas.errors import InputError

# Of the layout of `State.to_bytes`; raised when a state of old can no longer be read.
STATE_VERSION = 7


@dataclass(frozen=True, kw_only=True)
class State:
    """What a partition's screening remembers: folded from all offsets below `next_offset`.

    `last` is the digest of the last record: a topic that was made anew, or lost its end, has another one there.
    `running` is the window of sketches that has not ended yet.
    """

    next_offset: int = 0
    last: bytes = b""
    recent: Recent = field(default_factory=Recent)
    routing: RoutingState = field(default_factory=RoutingState)
    running: Running = field(default_factory=Running)

    def to_bytes(self) -> bytes:
        """Return the state as bytes; equal states give equal bytes."""
        return bytes(
            msgpack.packb(
                {
                    "version": STATE_VERSION,
                    "next_offset": self.next_offset,
                    "last": self.last,
                    "ids": list(self.recent.offsets.items()),
                    "vectors": [vector.tobytes() for vector in self.recent.vectors],
                    "routing": packed(self.routing),
                    "running": packing.packed(self.running),
                }
            )
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "State":
        """Return the state that `to_bytes` gave.

        Raises:
            InputError: the bytes are of another version of Assay.
        """
        values: dict[str, Any] = msgpack.unpackb(data)
        if values.get("version") != STATE_VERSION:
            raise InputError(f"A checkpoint has layout {values.get('version')}, this Assay reads {STATE_VERSION}.")
        ids = dict(values["ids"])
        vectors = tuple(np.frombuffer(vector, np.float32) for vector in values["vectors"])
        return cls(
            next_offset=values["next_offset"],
            last=values["last"],
            recent=Recent(offsets=ids, vectors=vectors),
            routing=unpacked(values["routing"]),
            running=packing.unpacked(values["running"]),
        )
