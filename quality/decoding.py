"""The contract check of a frame: bytes in, the columns of its samples and every violation of its other records out.

Most records are read by structs compiled from the contract (`quality.structs`). What those refuse pydantic reads
again, and it says precisely what is wrong, if anything is.

Large frames are read in lots: the columns that are known to be wanted are made of a lot while its samples are in the
processor's caches, where the samples of the next lot then find their memory.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, repeat, starmap
from operator import attrgetter
from struct import Struct
from typing import Any

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from quality.columns import ATTRIBUTES
from quality.contracts import LONGEST, Contract, Row, columns_of
from quality.ranking import Ranking, rank
from quality.structs import Compiled, plain
from schemas.samples import AnySample
from schemas.verdicts import Violation

Column = Sequence[Any]
Numbers = NDArray[np.float64]

# Where the columns of the envelope are found; those of the payload and the attributes go by their names.
RANKED: Mapping[str, Callable[[Ranking], Column]] = {
    "prediction.top": attrgetter("tops"),
    "prediction.confidence": attrgetter("confidences"),
    "prediction.margin": attrgetter("margins"),
}
PREDICTED = ("prediction.model", "prediction.scores")
FIELDS = ("contract", "sample_id", "source", "occurred_at", "media", "embedding")
# So many records are read at once.
LOT = 200


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """What the contract makes of a frame.

    `places` are those in the frame of the records that are samples, in order, and `columns` those samples;
    `violations` says by place what keeps each other record from being one. `slow` holds the samples that pydantic
    read, by row.
    """

    places: Sequence[int]
    columns: "Columns"
    violations: Mapping[int, tuple[Violation, ...]]
    slow: Mapping[int, AnySample]

    def written(self, row: int, value: bytes | None) -> bytes:
        """Return a sample as JSON that its contract reads: the record's `value`, where nothing else can be in it."""
        if row in self.slow:
            return self.slow[row].model_dump_json(by_alias=True, exclude_computed_fields=True).encode()
        return value or b""


class Samples:
    """Samples as the columns of `quality.columns.row`, with `prediction.scores` and `embedding`; made when asked for.

    A sample was read by the compiled contract or by pydantic: of the latter `dumped` holds the row, by its place
    among the samples. A column of another contract, of which steering may still speak, holds nothing.
    """

    def __init__(self, samples: Sequence[Any], *, dumped: Mapping[int, Row], compiled: Compiled | None) -> None:
        self._samples = samples
        self._dumped = dumped
        self._compiled = compiled
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def for_rules(self, names: Collection[str]) -> dict[str, Column | Numbers]:
        """Return columns; as arrays, which are made much faster, those that hold floats and nothing else."""
        floats = self._floats(names)
        return {name: floats[name] if name in floats else self[name] for name in names}

    def _floats(self, names: Collection[str]) -> dict[str, Numbers]:
        if not self._compiled or self._dumped:
            return {}
        found = self._compiled.floats.intersection(names)
        if len(self._compiled.floats) == len(self._compiled.fields) < 2 * len(found):
            return self._matrix(self._compiled.fields)
        return {
            name: np.fromiter(map(attrgetter(name), self._payloads), np.float64, len(self._payloads)) for name in found
        }

    def _matrix(self, fields: Sequence[str]) -> dict[str, Numbers]:
        """Return the columns of payloads that have these fields, floats all of them, in their order.

        To write the payloads out in memory, one by one, takes a third of the time of one pass over them for each field.
        """
        written = b"".join(starmap(Struct(f"{len(fields)}d").pack, map(astuple, self._payloads)))
        return dict(zip(fields, np.frombuffer(written).reshape(-1, len(fields)).T, strict=True))

    @property
    def attributes(self) -> Sequence[str]:
        """The names of all attributes that a sample has, in the order of their first samples."""
        return list(dict.fromkeys(name for one in self._samples for name in one.attributes))

    @cached_property
    def ranking(self) -> Ranking:
        """What was predicted of each sample."""
        return rank(self["prediction.scores"])

    def _make(self, name: str) -> Column:
        if name in RANKED:
            return RANKED[name](self.ranking)
        if name in FIELDS:
            return list(map(attrgetter(name), self._samples))
        if name in PREDICTED:
            return self._of_prediction(name.removeprefix("prediction."))
        if name.startswith(ATTRIBUTES):
            attributes = map(attrgetter("attributes"), self._samples)
            return list(map(dict.get, attributes, repeat(name.removeprefix(ATTRIBUTES))))
        return self._of_payload(name)

    def _of_prediction(self, name: str) -> Column:
        part, predictions = attrgetter(name), self._predictions
        return list(map(part, predictions)) if all(predictions) else [one and part(one) for one in predictions]

    @cached_property
    def _predictions(self) -> Sequence[Any]:
        return list(map(attrgetter("prediction"), self._samples))

    @cached_property
    def _payloads(self) -> Sequence[Any]:
        return list(map(attrgetter("payload"), self._samples))

    def _of_payload(self, name: str) -> Column:
        known = not self._compiled or name in self._compiled.columns
        part, dumped = attrgetter(name) if known else _nothing, self._dumped
        if dumped:
            column = [
                dumped[place].get(name) if place in dumped else part(one) for place, one in enumerate(self._payloads)
            ]
        else:
            column = list(map(part, self._payloads))
        return list(map(plain, column)) if self._compiled and name in self._compiled.nested else column


def _nothing(_: object) -> None:
    """Return what a sample has in a column that its contract does not have."""


class Columns:
    """The columns of a frame's samples: those made ahead, by lots, and any other of the samples read `again`."""

    def __init__(self, lots: Sequence[Mapping[str, Column | Numbers]], again: Callable[[], Samples]) -> None:
        self._lots = lots
        self._again = again
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            found = self._of_lots(name) if self._has(name) else self.samples[name]
            self._made[name] = found.tolist() if isinstance(found, np.ndarray) else found
        return self._made[name]

    def for_rules(self, names: Collection[str]) -> dict[str, Column | Numbers]:
        """Return columns; as arrays, which are made much faster, those that hold floats and nothing else."""
        ahead = {name: self._of_lots(name) for name in names if self._has(name)}
        others = [name for name in names if name not in ahead]
        return ahead | self.samples.for_rules(others) if others else ahead

    @cached_property
    def samples(self) -> Samples:
        """The samples themselves."""
        return self._again()

    def _has(self, name: str) -> bool:
        return bool(self._lots) and name in self._lots[0]

    def _of_lots(self, name: str) -> Column | Numbers:
        parts = [lot[name] for lot in self._lots]
        if all(isinstance(part, np.ndarray) for part in parts):
            found: Numbers = np.concatenate(parts)
            return found
        lists = (part.tolist() if isinstance(part, np.ndarray) else part for part in parts)
        return list(chain.from_iterable(lists))


def decode(contract: Contract, values: Sequence[bytes | None], ahead: Collection[str] | None = None) -> Decoded:
    """Return the samples among `values` as columns, and what keeps the others from being samples.

    `ahead` names columns that will be asked for; of others the samples must be read again. With none, samples are kept.
    """
    if ahead is None or len(values) <= LOT:
        return _read(contract, values)
    places: list[int] = []
    lots: list[Mapping[str, Column | Numbers]] = []
    violations: dict[int, tuple[Violation, ...]] = {}
    slow: dict[int, AnySample] = {}
    for start in range(0, len(values), LOT):
        lot = _read(contract, values[start : start + LOT])
        violations |= {start + place: found for place, found in lot.violations.items()}
        slow |= {len(places) + row: sample for row, sample in lot.slow.items()}
        places += [start + place for place in lot.places]
        lots.append(lot.columns.for_rules(ahead))
        del lot  # or it would live until the next lot is read, and that one need memory of its own
    return Decoded(
        places=places,
        columns=Columns(lots, lambda: _read(contract, values).columns.samples),
        violations=violations,
        slow=slow,
    )


def _read(contract: Contract, values: Sequence[bytes | None]) -> Decoded:
    """Decode records at once, and keep their samples."""
    samples: dict[int, Any] = contract.compiled.read(values) if contract.compiled else {}
    if sum(map(len, filter(None, values))) > LONGEST:
        samples = {place: one for place, one in samples.items() if len(values[place] or b"") <= LONGEST}
    dumped: dict[int, Row] = {}
    violations: dict[int, tuple[Violation, ...]] = {}
    for place in [place for place in range(len(values)) if place not in samples]:
        found = contract.decode(values[place])
        row = found if isinstance(found, tuple) else columns_of(found)
        if isinstance(row, tuple):
            violations[place] = row
        else:
            samples[place], dumped[place] = found, row
    places = sorted(samples)
    row_of = {place: row for row, place in enumerate(places)} if dumped else {}
    kept = Samples(
        [samples[place] for place in places],
        dumped={row_of[place]: row for place, row in dumped.items()},
        compiled=contract.compiled,
    )
    return Decoded(
        places=places,
        columns=Columns((), lambda: kept),
        violations=violations,
        slow={row_of[place]: samples[place] for place in dumped},
    )
