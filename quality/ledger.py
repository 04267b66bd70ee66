"""The ledger's sums: every offset has one disposition, and everything downstream follows from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from quality.replay import Replay
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


class ReplayCounts(Event):
    """What became of the dead letters that were replayed: each stands at a new offset, with a disposition of its own.

    `under_way` have none yet. `claims` are kept records that call themselves replays and are none of the ledger's.
    """

    replayed: int = 0
    counts: dict[Disposition, int] = Field(default_factory=dict)
    under_way: int = 0
    claims: int = 0


class AuditReport(Event):
    """What an audit found; `counts` sums the dispositions over all partitions."""

    topic: str
    produced: int
    counts: dict[Disposition, int]
    selected: int
    faults: tuple[Fault, ...] = Field(default=())
    replays: ReplayCounts = Field(default_factory=ReplayCounts)

    @property
    def ok(self) -> bool:
        """Whether every law holds."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What stands in the stores of one partition: offsets in any order, repetitions included.

    `asked` are those that became tasks by feedback, selected or not. `links` says of kept samples and dead letters that
    call themselves replays where they first stood, and their count.
    """

    archived: Offsets
    dead_letters: Offsets
    tasks: Offsets
    asked: Offsets = field(default_factory=lambda: np.zeros(0, np.int64))
    links: Mapping[int, tuple[int, int]] = field(default_factory=dict)


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
    *,
    replays: Sequence[Replay] = (),
) -> AuditReport:
    """Prove the ledger's laws for offsets 0 to `ends[partition]`, or name the offsets that break them.

    The laws: every offset has a disposition; none has two; what is accepted is archived, once, and nothing else is;
    what is rejected is a dead letter, once; what is selected was accepted, and is a task, once, as nothing else is but
    accepted samples that feedback asked for; what was replayed was
    a dead letter, stands where `replays` says, and is kept with its origin. `vacant` says which offsets Kafka itself
    says hold no sample: markers of transactions and aborted records.
    """
    accounts = {
        partition: _account(end, _of(partition, receipts), vacant.get(partition, ()))
        for partition, end in sorted(ends.items())
    }
    by_partition = {
        partition: [replay for replay in replays if replay.letter.partition == partition] for partition in accounts
    }
    faults = [
        fault
        for partition, account in accounts.items()
        for fault in _faults(partition, account, kept[partition], by_partition[partition])
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
        replays=_counted(accounts, kept, by_partition),
    )


def _counted(
    accounts: Mapping[int, "_Account"], kept: Mapping[int, Kept], replays: Mapping[int, Sequence[Replay]]
) -> ReplayCounts:
    codes = [_code(accounts[partition], each.stands_at) for partition, some in replays.items() for each in some]
    counts = {disposition: codes.count(code) for disposition, code in CODES.items()}
    stand = {(partition, each.stands_at) for partition, some in replays.items() for each in some}
    claimed = {(partition, offset) for partition in accounts for offset in kept[partition].links}
    return ReplayCounts(
        replayed=len(codes),
        counts=counts if codes else {},
        under_way=codes.count(0),
        claims=len(claimed - stand),
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


def _code(account: _Account, offset: int | None) -> int:
    """Return the code of an offset; 0 where it is not known or lies beyond the account."""
    return 0 if offset is None or offset >= len(account.codes) else int(account.codes[offset])


def _faults(partition: int, account: _Account, kept: Kept, replays: Sequence[Replay]) -> list[Fault]:
    end = len(account.codes)
    accepted = account.codes == CODES[Disposition.ACCEPTED]
    rejected = account.codes == CODES[Disposition.REJECTED]
    wanted = account.selected | (accepted & _flags(kept.tasks[np.isin(kept.tasks, kept.asked)].tolist(), end))
    laws = {
        "every offset has a disposition": account.codes == 0,
        "no offset has two dispositions": account.disputed,
        "what is selected was accepted": account.selected & ~accepted,
        **_matches("accepted", accepted, "archived", kept.archived, end),
        **_matches("rejected", rejected, "a dead letter", kept.dead_letters, end),
        **_matches("selected", wanted, "a task", kept.tasks, end),
        **_of_replays(account, kept, replays),
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


def _of_replays(account: _Account, kept: Kept, replays: Sequence[Replay]) -> dict[str, NDArray[np.bool_]]:
    """Return where a replay is of no dead letter, stands at no record, or is kept with another origin."""
    end = len(account.codes)
    standing = {each.stands_at: each for each in replays if each.stands_at is not None and each.stands_at < end}
    dead = {each.letter.offset for each in replays if each.letter.offset < end}
    stored = {*kept.archived.tolist(), *kept.dead_letters.tolist()} if standing else set()
    broken = {
        "what was replayed was a dead letter": [
            at for at in dead if account.codes[at] not in (0, CODES[Disposition.REJECTED])
        ],
        "what was replayed stands where the ledger says": [at for at in standing if account.codes[at] == VACANT],
        "a replay keeps its origin": [
            at for at, each in standing.items() if at in stored and kept.links.get(at) != (each.first, each.replays)
        ],
    }
    return {law: _flags(offsets, end) for law, offsets in broken.items()}


def _flags(offsets: Sequence[int], end: int) -> NDArray[np.bool_]:
    flags = np.zeros(end, np.bool_)
    flags[[offset for offset in offsets if offset < end]] = True
    return flags


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
