"""The ledger's sums: every offset has one disposition, and everything downstream follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from schemas.verdicts import Disposition, Event, Receipt

Offsets = NDArray[np.int64]
# First and last offset.
Range = tuple[int, int]

# Codes of dispositions in the account of a partition; 0 is an offset that no receipt names.
CODES = {disposition: code for code, disposition in enumerate(Disposition, start=1)}
# An offset at which Kafka says that there is no sample.
VACANT = -1
# A fault names this many ranges; the count says how many offsets there are in all.
RANGES_NAMED = 20


class Fault(Event):
    """Offsets of one partition that break one law of the ledger, as ranges [first, last]."""

    law: str
    partition: int
    offsets: int
    ranges: tuple[Range, ...]


class AuditReport(Event):
    """What an audit found; `counts` sums the dispositions over all partitions."""

    topic: str
    produced: int
    counts: dict[Disposition, int]
    selected: int
    faults: tuple[Fault, ...] = Field(default=())

    @property
    def ok(self) -> bool:
        """Whether every law holds."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stands in the stores of one partition: offsets in any order, repetitions included."""

    archived: Offsets
    dead_letters: Offsets
    tasks: Offsets


def unaccounted(ends: Mapping[int, int], receipts: Sequence[Receipt]) -> dict[int, list[Range]]:
    """Return the ranges of offsets below `ends[partition]` that no receipt names, by partition."""
    accounts = {partition: _account(end, _of(partition, receipts)) for partition, end in ends.items()}
    return {partition: _ranges(account.codes == 0) for partition, account in accounts.items()}


def audit(
    topic: str,
    ends: Mapping[int, int],
    receipts: Sequence[Receipt],
    kept: Mapping[int, Kept],
    vacant: Mapping[int, Iterable[Range]],
) -> AuditReport:
    """Prove the ledger's laws for offsets 0 to `ends[partition]`, or name the offsets that break them.

    The laws: every offset has a disposition; none has two; what is accepted is archived, once, and nothing else is;
    what is rejected is a dead letter, once; what is selected was accepted, and is a task, once. `vacant` says which
    offsets Kafka itself says never held a sample: markers of transactions, aborted records, compacted ones.
    """
    accounts = {
        partition: _account(end, _of(partition, receipts), vacant.get(partition, ()))
        for partition, end in sorted(ends.items())
    }
    faults = [
        fault for partition, account in accounts.items() for fault in _faults(partition, account, kept[partition])
    ]
    return AuditReport(
        topic=topic,
        produced=int(sum((account.codes != VACANT).sum() for account in accounts.values())),
        counts={
            disposition: int(sum((account.codes == code).sum() for account in accounts.values()))
            for disposition, code in CODES.items()
        },
        selected=int(sum(account.selected.sum() for account in accounts.values())),
        faults=tuple(faults),
    )


@dataclass(frozen=True, kw_only=True)
class _Account:
    """One partition's receipts, offset by offset: disposition codes, selections, and where receipts disagree."""

    codes: NDArray[np.int8]
    selected: NDArray[np.bool_]
    disputed: NDArray[np.bool_]


def _of(partition: int, receipts: Sequence[Receipt]) -> list[Receipt]:
    return [receipt for receipt in receipts if receipt.partition == partition]


def _account(end: int, receipts: Iterable[Receipt], vacant: Iterable[Range] = ()) -> _Account:
    codes = np.zeros(end, np.int8)
    selected = np.zeros(end, np.bool_)
    disputed = np.zeros(end, np.bool_)
    for receipt in receipts:
        _enter(receipt, codes, selected, disputed)
    for first, last in vacant:
        part = codes[first : last + 1]
        part[part == 0] = VACANT
    return _Account(codes=codes, selected=selected, disputed=disputed)


def _enter(receipt: Receipt, codes: NDArray[np.int8], selected: NDArray[np.bool_], disputed: NDArray[np.bool_]) -> None:
    """Write one receipt into the account; a frame screened twice must have the same receipt twice."""
    own = np.zeros(len(selected), np.bool_)
    own[[offset for offset in receipt.selected if offset < len(own)]] = True
    for run in receipt.runs:
        part = slice(run.first, min(run.first + run.count, len(codes)))
        before = codes[part].copy()
        code = CODES[run.disposition]
        disputed[part] |= (before != 0) & ((before != code) | (selected[part] != own[part]))
        codes[part] = code
    selected |= own


def _faults(partition: int, account: _Account, kept: Kept) -> list[Fault]:
    end = len(account.codes)
    accepted = account.codes == CODES[Disposition.ACCEPTED]
    rejected = account.codes == CODES[Disposition.REJECTED]
    laws = {
        "every offset has a disposition": account.codes == 0,
        "no offset has two dispositions": account.disputed,
        "what is selected was accepted": account.selected & ~accepted,
        **_matches("accepted", accepted, "archived", kept.archived, end),
        **_matches("rejected", rejected, "a dead letter", kept.dead_letters, end),
        **_matches("selected", account.selected, "a task", kept.tasks, end),
    }
    return [_fault(law, partition, broken) for law, broken in laws.items() if broken.any()]


def _matches(
    verdict: str, expected: NDArray[np.bool_], place: str, found: Offsets, end: int
) -> dict[str, NDArray[np.bool_]]:
    """Return where an expected offset is not found, is found more than once, or a found one is not expected."""
    times = np.bincount(found[found < end], minlength=end) if end else np.zeros(0, np.int64)
    return {
        f"what is {verdict} is {place}": expected & (times == 0),
        f"nothing else is {place}": ~expected & (times > 0),
        f"nothing is {place} twice": times > 1,
    }


def _fault(law: str, partition: int, broken: NDArray[np.bool_]) -> Fault:
    return Fault(law=law, partition=partition, offsets=int(broken.sum()), ranges=tuple(_ranges(broken)[:RANGES_NAMED]))


def _ranges(offsets: NDArray[np.bool_]) -> list[Range]:
    """Return the offsets that are set, as ranges [first, last]."""
    found = np.flatnonzero(offsets)
    starts = np.flatnonzero(np.diff(found, prepend=-2) > 1)
    ends = np.append(starts[1:], len(found)) - 1
    return (
        [(int(found[first]), int(found[last])) for first, last in zip(starts, ends, strict=True)] if len(found) else []
    )
