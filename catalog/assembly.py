"""Which rows a dataset version is made of, and what is said of each."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from catalog.canonical import canonical
from catalog.slices import is_in
from catalog.splits import fraction, group_of, split_of
from catalog.twins import TRAIN, torn
from labeling.adjudication import METHOD as EXPERT
from labeling.kinds import kind_of
from schemas.answers import Answer, AnswerKind, ClassName
from schemas.labels import Consensus
from schemas.project import Consistency, DatasetRecipe, DuplicatePolicy, LabelSpace
from schemas.samples import Attribute
from schemas.verdicts import Event, Origin, Reason, Selection

# The square of what is larger may be beyond all floats.
LARGEST = 1e150


class Exclusion(StrEnum):
    """Why a labeled sample is not in the version."""

    UNSETTLED = "unsettled"  # its labels do not agree enough yet
    INCONSISTENT = "inconsistent"  # settled, but less surely, or on fewer votes, than the recipe asks
    CONTRACT = "contract"  # it came under another contract version than the current one
    CLASS = "class"  # its label names what is no class of the project any more
    RULE = "rule"  # it breaks a critical expectation of today's suite
    REPEATED = "repeated"  # another row has its sample_id
    TWIN = "twin"  # another split has nearly the same
    CAPPED = "capped"  # its class is larger than the recipe allows


@dataclass(frozen=True, kw_only=True)
class LabeledTask:
    """A task that has labels in its current round.

    `labels` are the round's that stand, and `answers` what those of labelers mean today, in the order in which they
    were given; `simulated` says that a simulated labeler gave one of them. The round began at `queued_at`,
    and the last label came at `labeled_at`.
    """

    origin: Origin
    selection: Selection
    consensus: Consensus
    settled: bool
    labels: tuple[UUID, ...]
    answers: tuple[Answer, ...]
    simulated: bool
    queued_at: datetime
    labeled_at: datetime


@dataclass(frozen=True, kw_only=True)
class Candidate(LabeledTask):
    """A labeled task beside its archived sample.

    `suite` is the one that the sample passed; `lawful` says that it breaks no critical expectation of today's.
    """

    sample: Mapping[str, JsonValue]
    suite: str
    lawful: bool = True

    @property
    def waited(self) -> timedelta:
        """How long it took to be labeled."""
        return self.labeled_at - self.queued_at

    @property
    def sample_id(self) -> str:
        """The identity its producer gave it."""
        return str(self.sample["sample_id"])

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What slices and groups are cut by."""
        attributes: Mapping[str, Attribute] = self.sample.get("attributes") or {}  # type: ignore[assignment]
        return attributes


class Entry(Event):
    """What the manifest says of one row: where it came from, and why it is in."""

    origin: Origin
    sample_id: str
    contract: int
    suite: str
    guideline: int
    label: Answer
    method: str
    confidence: float
    votes: int
    labels: tuple[UUID, ...] = ()  # behind it, as they were given; versions of before this was kept say none
    reasons: tuple[Reason, ...]
    propensity: float
    split: str
    group: str
    simulated: bool
    copies: int = 1  # how often it stands in its split's file: more than once only in train


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of a version: its entry in the manifest, and the sample itself."""

    entry: Entry
    sample: Mapping[str, JsonValue]


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """The rows of a version in the order of their origins, and how many candidates each exclusion kept out.

    `left` says it of each sample that has a candidate and no row.
    """

    rows: tuple[Row, ...]
    excluded: Mapping[Exclusion, int]
    left: Mapping[str, Exclusion]


@dataclass(frozen=True, kw_only=True)
class Assembler:
    """The rules by which `project`'s versions are put together; `near` says which samples are nearly the same."""

    project: str
    recipe: DatasetRecipe
    contract: int
    classes: Collection[ClassName]
    labels: LabelSpace
    near: DuplicatePolicy | None = None

    def assemble(self, candidates: Iterable[Candidate]) -> Assembly:
        """Choose the rows; the order of the candidates does not matter."""
        problems = [(one, self._problem(one)) for one in sorted(candidates, key=_position)]
        fit = [one for one, problem in problems if problem is None]
        single = _one_per_sample(fit)
        apart = self._apart(single)
        chosen = self._capped(apart)
        causes = [
            *((one.sample_id, problem) for one, problem in problems if problem is not None),
            *((one.sample_id, Exclusion.TWIN) for one in _without(single, apart)),
            *((one.sample_id, Exclusion.CAPPED) for one in _without(apart, chosen)),
        ]
        excluded = Counter(cause for _, cause in causes)
        excluded[Exclusion.REPEATED] = len(fit) - len(single)
        taken = {one.sample_id for one in chosen}
        return Assembly(
            rows=tuple(self._row(one) for one in chosen),
            excluded={cause: count for cause, count in excluded.items() if count},
            left={sample: cause for sample, cause in causes if sample not in taken},
        )

    def _problem(self, candidate: Candidate) -> Exclusion | None:
        if not candidate.settled:
            return Exclusion.UNSETTLED
        if not is_consistent(candidate.consensus, self.recipe.consistent):
            return Exclusion.INCONSISTENT
        if candidate.sample["contract"] != self.contract:
            return Exclusion.CONTRACT
        if not kind_of(self.labels).counts(candidate.consensus.answer, self.classes):
            return Exclusion.CLASS
        return None if candidate.lawful else Exclusion.RULE

    def _apart(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Leave out what has a twin on another side; of the two, what a model is judged by stays."""
        payloads = [candidate.sample["payload"] for candidate in candidates]
        vectors = [_vector(payload, self.near) for payload in payloads]
        sides = [self._split(self._group(candidate)) for candidate in candidates]
        left = torn(sides, [canonical(one) for one in payloads], vectors, self.near.distance if self.near else 0.0)
        return [candidate for place, candidate in enumerate(candidates) if place not in left]

    def _group(self, candidate: Candidate) -> str:
        return group_of(self.recipe.group, candidate.attributes, candidate.sample_id)

    def _split(self, group: str) -> str:
        return split_of(group, self.recipe.splits, salt=self.project)

    def _capped(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Keep of each class those that come first by hash, so that a growing class only ever gains rows.

        Where a row may have several classes, or none, nothing is capped.
        """
        if self.labels.kind is not AnswerKind.CLASSIFICATION:
            return list(candidates)
        level = cap(Counter(one.consensus.answer for one in candidates), self.recipe.max_class_share)
        kept: set[Origin] = set()
        taken: Counter[Answer] = Counter()
        for one in sorted(
            candidates, key=lambda one: (fraction(f"{self.project}\x00cap", one.sample_id), one.sample_id)
        ):
            if taken[one.consensus.answer] < level:
                taken[one.consensus.answer] += 1
                kept.add(one.origin)
        return [one for one in candidates if one.origin in kept]

    def _row(self, candidate: Candidate) -> Row:
        consensus, selection = candidate.consensus, candidate.selection
        group = self._group(candidate)
        split = self._split(group)
        entry = Entry(
            origin=candidate.origin,
            sample_id=candidate.sample_id,
            contract=self.contract,
            suite=candidate.suite,
            guideline=consensus.guideline,
            label=consensus.answer,
            method=consensus.method,
            confidence=consensus.confidence,
            votes=len(consensus.votes),
            labels=candidate.labels,
            reasons=selection.reasons,
            propensity=selection.propensity,
            split=split,
            group=group,
            simulated=candidate.simulated,
            copies=self._copies(candidate) if split == TRAIN else 1,
        )
        return Row(entry=entry, sample=candidate.sample)

    def _copies(self, candidate: Candidate) -> int:
        """Return how often a row of train stands there; of several slices, the one counts that asks for most."""
        inside = (one for one in self.recipe.slices if is_in(one, candidate.sample, candidate.consensus.answer))
        return max((one.copies for one in inside), default=1)


def cap(counts: Mapping[Any, int], share: float) -> int:
    """Return the largest number of rows a class may have so that none exceeds `share` of all that remain.

    The largest m with min(max n, m) <= share · Σ min(n_c, m). Where even equal classes exceed the share, as
    1/2 does of three tenths, nothing is capped: rows would be thrown away and the share still not met.
    """
    most = max(counts.values(), default=0)

    def exceeds(level: int) -> bool:
        return level > share * sum(min(count, level) for count in counts.values())

    # The larger the level, the larger its share of the sum: the levels that will do come first.
    return bisect_left(range(1, most + 1), 1, key=exceeds) or most


def is_consistent(consensus: Consensus, wanted: Consistency) -> bool:
    """Say whether a settled label is consistent enough for a version; what an expert settled always is."""
    if consensus.method == EXPERT:
        return True
    return consensus.confidence >= wanted.confidence and len(consensus.votes) >= wanted.votes


def _vector(payload: JsonValue, near: DuplicatePolicy | None) -> Sequence[float] | None:
    """Return where a payload lies among others; None where nothing says, or it has no row of finite numbers there."""
    found = payload.get(near.field) if near is not None and isinstance(payload, dict) else None
    if not isinstance(found, list):
        return None
    numbers = [float(one) for one in found if isinstance(one, int | float) and abs(one) <= LARGEST]
    return numbers if len(numbers) == len(found) else None


def _position(candidate: Candidate) -> tuple[str, int, int]:
    origin = candidate.origin
    return origin.topic, origin.partition, origin.offset


def _without(all_of: Sequence[Candidate], those: Sequence[Candidate]) -> list[Candidate]:
    kept = {one.origin for one in those}
    return [one for one in all_of if one.origin not in kept]


def _one_per_sample(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Keep the first candidate of each sample_id; candidates come in the order of their origins."""
    first: dict[str, Candidate] = {}
    for candidate in candidates:
        first.setdefault(candidate.sample_id, candidate)
    return list(first.values())
