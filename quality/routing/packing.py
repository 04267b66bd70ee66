"""The router's state as plain values, for a checkpoint; equal states give equal values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from quality.routing.batch import Scores
from quality.routing.budget import Purse
from quality.routing.centers import Centers
from quality.routing.counts import Counts
from quality.routing.lattice import Points
from quality.routing.space import Sampled, Seen
from quality.routing.state import Opening, Plan, RoutingState
from schemas.routing import Steering

# Coordinates are whole numbers below 2**15, the rest are floats: in one order of bytes on every machine.
COORDINATES, FLOATS = "<i2", "<f8"


def packed(state: RoutingState) -> dict[str, Any]:
    """Return the state as what msgpack can write."""
    planned, opening = state.planned, state.opening
    return {
        "block": state.block,
        "since": state.since,
        "steering": state.steering.model_dump_json(),
        "planned": planned and [planned.block, planned.steering.model_dump_json()],
        "opening": opening
        and [_packed_purse(opening.purse), _sorted(opening.filled), opening.far.astype(FLOATS).tobytes()],
        "purse": _packed_purse(state.purse),
        "used": _packed_counts(state.used),
        "counted": _packed_counts(state.counted),
        "seen": _packed_seen(state.seen),
        "sampled": [list(entry) for entry in state.sampled.entries],
        "queued": _packed_points(state.queued),
        "added": state.added,
        "covered": state.covered.astype(FLOATS).tobytes(),
        "filled": _sorted(state.filled),
    }


def unpacked(values: Mapping[str, Any]) -> RoutingState:
    """Return the state that `packed` gave."""
    planned, opening = values["planned"], values["opening"]
    return RoutingState(
        block=values["block"],
        since=values["since"],
        steering=Steering.model_validate_json(values["steering"]),
        planned=planned and Plan(block=planned[0], steering=Steering.model_validate_json(planned[1])),
        opening=opening and Opening(purse=_unpacked_purse(opening[0]), filled=opening[1], far=_floats(opening[2])),
        purse=_unpacked_purse(values["purse"]),
        used=_unpacked_counts(values["used"]),
        counted=_unpacked_counts(values["counted"]),
        seen=_unpacked_seen(values["seen"]),
        sampled=Sampled(entries=tuple((draw, offset, vector) for draw, offset, vector in values["sampled"])),
        queued=_unpacked_points(values["queued"]),
        added=values["added"],
        covered=_floats(values["covered"]),
        filled=values["filled"],
    )


def _packed_purse(purse: Purse) -> list[Any]:
    return [purse.parts, purse.saved, purse.earned, purse.clock, purse.income, purse.pace]


def _unpacked_purse(values: list[Any]) -> Purse:
    parts, saved, earned, clock, income, pace = values
    return Purse(parts=parts, saved=saved, earned=earned, clock=clock, income=income, pace=pace)


def _packed_counts(counts: Counts) -> list[Any]:
    return [
        _sorted(counts.seen),
        _sorted(counts.taken),
        {reason: bins.astype(FLOATS).tobytes() for reason, bins in sorted(counts.scores.items())},
        counts.routed,
        counts.offered,
        counts.chosen,
        counts.blocks,
    ]


def _unpacked_counts(values: list[Any]) -> Counts:
    seen, taken, scores, routed, offered, chosen, blocks = values
    return Counts(
        seen=seen,
        taken=taken,
        scores={reason: _floats(bins) for reason, bins in scores.items()},
        routed=routed,
        offered=offered,
        chosen=chosen,
        blocks=blocks,
    )


def _floats(data: bytes) -> Scores:
    return np.frombuffer(data, FLOATS).astype(np.float64)


def _sorted(values: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {column: dict(sorted(counts.items())) for column, counts in sorted(values.items())}


def _packed_seen(seen: Seen) -> list[Any]:
    return [
        seen.length,
        seen.exponent,
        _packed_points(seen.centers.points),
        seen.centers.radius,
        _packed_points(seen.sample),
    ]


def _unpacked_seen(values: list[Any]) -> Seen:
    length, exponent, points, radius, sample = values
    return Seen(
        length=length,
        exponent=exponent,
        centers=Centers(points=_unpacked_points(points), radius=radius),
        sample=_unpacked_points(sample),
    )


def _packed_points(points: Points) -> list[Any]:
    return [points.shape[1], points.astype(COORDINATES).tobytes()]


def _unpacked_points(values: list[Any]) -> Points:
    width, data = values
    return np.frombuffer(data, COORDINATES).astype(np.float32).reshape(-1, width)
