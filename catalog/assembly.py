"""Which rows a dataset version is made of, and what is said of each."""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Generic, NamedTuple, Protocol, Self, TypeVar
from uuid import UUID

from pydantic import JsonValue

from catalog.canonical import NULL, canonical, parts
from catalog.choice import Exclusion, Weighed, choose
from catalog.slices import is_in
from catalog.splits import group_of, split_of
from catalog.twins import TRAIN
from labeling.adjudication import METHOD as EXPERT
from labeling.kinds import kind_of
from schemas.answers import Answer, AnswerKind, ClassName
from schemas.labels import Consensus
from schemas.project import Consistency, DatasetRecipe, DuplicatePolicy, LabelSpace
from schemas.samples import Attribute
from schemas.verdicts import Event, Origin, Reason, Selection

# The square of what is larger may be beyond all floats.
LARGEST = 1e150
# Payloads are compared by digests: two that differ share one of this length with a probability of 2^-128.
DIGEST_BYTES = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Concluded:
    """A consensus without its votes, of which a version asks only how many there are."""

    answer: Answer
    confidence: float
    method: str
    votes: int
    guideline: int
    estimate: int | None = None  # version of the estimate of the labelers; None where each counted alike

    @classmethod
    def of(cls, consensus: Consensus) -> Self:
        """Return that of a consensus."""
        return cls(
            answer=consensus.answer,
            confidence=consensus.confidence,
            method=consensus.method,
            votes=len(consensus.votes),
            guideline=consensus.guideline,
            estimate=consensus.estimate,
        )


@dataclass(frozen=True, kw_only=True)
class LabeledTask:
    """A task that has labels in its current round.

    `labels` are the round's that stand, and `answers` what those of labelers mean today, in the order in which they
    were given; `simulated` says that a simulated labeler gave one of them. The round began at `queued_at`,
    and the last label came at `labeled_at`.
    """

    origin: Origin
    selection: Selection
    consensus: Concluded
    settled: bool
    labels: tuple[UUID, ...]
    answers: tuple[Answer, ...]
    simulated: bool
    queued_at: datetime
    labeled_at: datetime


@dataclass(frozen=True, kw_only=True)
class Candidate(LabeledTask):
    """A labeled task beside its archived sample.

    `suite` is the one that the sample passed; `lawful` says that it breaks no critical expectation of today's. `text`
    is the sample as canonical JSON, where that is at hand.
    """

    sample: Mapping[str, JsonValue]
    suite: str
    lawful: bool = True
    text: bytes | None = None

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
    """One row of a version: its entry in the manifest, and the sample itself; `texts` where both are at hand so."""

    entry: Entry
    sample: Mapping[str, JsonValue]
    texts: "Texts | None" = field(default=None, compare=False, repr=False)

    @cached_property
    def written(self) -> "Texts":
        """Both as canonical JSON."""
        return self.texts or Texts(entry=canonical(self.entry), sample=canonical(dict(self.sample)))

    @cached_property
    def parts(self) -> Mapping[str, str | None]:
        """The sample's fields, each as canonical JSON; absent ones stay so."""
        return {name: None if part == NULL else part.decode() for name, part in parts(self.written.sample).items()}

    @property
    def line(self) -> bytes:
        """What the content hash is taken of."""
        return self.written.line


class Texts(NamedTuple):
    """A row's entry and its sample, each as canonical JSON."""

    entry: bytes
    sample: bytes

    @property
    def line(self) -> bytes:
        """What the content hash is taken of: a list of both, which is canonical JSON too."""
        return b"[%b,%b]" % self


Rows_co = TypeVar("Rows_co", bound=Collection[Row], covariant=True)


class Shelf(Protocol[Rows_co]):
    """Where rows wait, in their order, until it is known which of them a version takes."""

    def put(self, row: Row) -> None:
        """Keep a row behind those that are there."""

    def take(self, places: Collection[int]) -> Rows_co:
        """Return the rows at these places, counted from 0 and ascending; they may be iterated over several times."""


class Memory(list[Row]):
    """A shelf for as many rows as memory has room for."""

    def put(self, row: Row) -> None:
        """Keep a row."""
        self.append(row)

    def take(self, places: Collection[int]) -> tuple[Row, ...]:
        """Return rows."""
        return tuple(self[place] for place in places)


@dataclass(frozen=True, kw_only=True)
class Assembly(Generic[Rows_co]):
    """The rows of a version in the order of their origins, and how many candidates each exclusion kept out.

    `left` says it of each sample that has a candidate and no row.
    """

    rows: Rows_co
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

    def assemble(self, candidates: Iterable[Candidate]) -> Assembly[tuple[Row, ...]]:
        """Choose the rows; the order of the candidates does not matter."""
        return self.assemble_in_order(sorted(candidates, key=_position), Memory())

    def assemble_in_order(self, candidates: Iterable[Candidate], shelf: Shelf[Rows_co]) -> Assembly[Rows_co]:
        """Choose the rows of candidates that come in the order of their origins, keeping little of each in memory."""
        problems: list[tuple[str, Exclusion]] = []
        fit: list[Weighed] = []
        for candidate in candidates:
            problem = self._problem(candidate)
            if problem is not None:
                problems.append((candidate.sample_id, problem))
                continue
            row = self._row(candidate)
            fit.append(self._weighed(candidate, row.entry.split))
            shelf.put(row)
        distance = self.near.distance if self.near else 0.0
        choice = choose(fit, problems, salt=self.project, distance=distance, share=self._most)
        return Assembly(rows=shelf.take(choice.kept), excluded=choice.excluded, left=choice.left)

    @property
    def _most(self) -> float | None:
        """The share of rows that a class may have; where a row may have several classes, or none, nothing is capped."""
        return self.recipe.max_class_share if self.labels.kind is AnswerKind.CLASSIFICATION else None

    def _weighed(self, candidate: Candidate, split: str) -> Weighed:
        payload = candidate.sample["payload"]
        return Weighed(
            sample_id=candidate.sample_id,
            split=split,
            content=hashlib.blake2b(_payload_of(candidate), digest_size=DIGEST_BYTES).digest(),
            vector=_vector(payload, self.near),
            answer=candidate.consensus.answer,
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

    def _row(self, candidate: Candidate) -> Row:
        consensus, selection = candidate.consensus, candidate.selection
        group = group_of(self.recipe.group, candidate.attributes, candidate.sample_id)
        split = split_of(group, self.recipe.splits, salt=self.project)
        entry = Entry(
            origin=candidate.origin,
            sample_id=candidate.sample_id,
            contract=self.contract,
            suite=candidate.suite,
            guideline=consensus.guideline,
            label=consensus.answer,
            method=consensus.method,
            confidence=consensus.confidence,
            votes=consensus.votes,
            labels=candidate.labels,
            reasons=selection.reasons,
            propensity=selection.propensity,
            split=split,
            group=group,
            simulated=candidate.simulated,
            copies=self._copies(candidate) if split == TRAIN else 1,
        )
        text = candidate.text
        texts = None if text is None else Texts(entry=canonical(entry), sample=text)
        return Row(entry=entry, sample=candidate.sample, texts=texts)

    def _copies(self, candidate: Candidate) -> int:
        """Return how often a row of train stands there; of several slices, the one counts that asks for most."""
        inside = (one for one in self.recipe.slices if is_in(one, candidate.sample, candidate.consensus.answer))
        return max((one.copies for one in inside), default=1)


def is_consistent(consensus: Concluded, wanted: Consistency) -> bool:
    """Say whether a settled label is consistent enough for a version; what an expert settled always is."""
    if consensus.method == EXPERT:
        return True
    return consensus.confidence >= wanted.confidence and consensus.votes >= wanted.votes


def _payload_of(candidate: Candidate) -> bytes:
    """Return the payload as canonical JSON."""
    return canonical(candidate.sample["payload"]) if candidate.text is None else parts(candidate.text)["payload"]


def _vector(payload: JsonValue, near: DuplicatePolicy | None) -> Sequence[float] | None:
    """Return where a payload lies among others; None where nothing says, or it has no row of finite numbers there."""
    found = payload.get(near.field) if near is not None and isinstance(payload, dict) else None
    if not isinstance(found, list):
        return None
    numbers = [float(one) for one in found if isinstance(one, int | float) and abs(one) <= LARGEST]
    return array("d", numbers) if len(numbers) == len(found) else None


def _position(candidate: Candidate) -> tuple[str, int, int]:
    origin = candidate.origin
    return origin.topic, origin.partition, origin.offset
