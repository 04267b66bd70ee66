"""What governs one kind of sample, as a project folder's `project.toml` says it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.answers import AnswerKind, ClassName
from schemas.drift import DriftPolicy
from schemas.feedback import FeedbackPolicy
from schemas.routing import ColumnName, RoutingPolicy
from schemas.samples import Attribute
from schemas.section import Section, Share
from schemas.views import View

# module.py:name inside the project folder
Reference = Annotated[str, Field(pattern=r"^\w+(/\w+)*\.py:\w+$", max_length=200)]
# A file inside the project folder
FileName = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$", max_length=200)]
# What sums of shares may be off by: the rounding of a handful of floats.
ROUNDING = 1e-9
# The classes that each kind of label has at least.
FEWEST = {AnswerKind.CLASSIFICATION: 2, AnswerKind.MULTILABEL: 1, AnswerKind.BOXES: 1, AnswerKind.TEXT: 0}
# Splits become files.
SplitName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]


class ContractConfig(Section):
    """The payload models by version; `current` is the one that the dataset is built for."""

    current: int
    models: dict[int, Reference] = Field(min_length=1)

    @model_validator(mode="after")
    def _current_exists(self) -> Self:
        if self.current not in self.models:
            raise ValueError(f"current = {self.current} is none of the models {sorted(self.models)}")
        return self


class LabelSpace(Section):
    """What labelers may answer.

    Texts have no classes. With `empty`, none of several classes, or a text without characters, is an answer too; that
    nobody drew any box always is.
    """

    kind: AnswerKind = AnswerKind.CLASSIFICATION
    classes: tuple[ClassName, ...] = ()
    empty: bool = False

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must differ from each other")
        return self

    @model_validator(mode="after")
    def _classes_fit_the_kind(self) -> Self:
        if self.kind is AnswerKind.TEXT and self.classes:
            raise ValueError(f"labels of the kind {self.kind} have no classes: leave `classes` out")
        if len(self.classes) < self.fewest:
            raise ValueError(f"labels of the kind {self.kind} have {self.fewest} classes at least: name them")
        if self.empty and self.kind in {AnswerKind.CLASSIFICATION, AnswerKind.BOXES}:
            raise ValueError(f"`empty` means nothing where labels are of the kind {self.kind}: leave it out")
        return self

    @property
    def fewest(self) -> int:
        """How many classes there are at least: with one class of one to choose, there would be nothing to decide."""
        return FEWEST[self.kind]


class DuplicatePolicy(Section):
    """When a sample repeats another: Euclidean distance in the payload's `field`, over a window of samples."""

    field: str
    distance: Annotated[float, Field(ge=0)]
    window: Annotated[int, Field(gt=0, le=100_000)] = 1024


class OverlapPolicy(Section):
    """How many labelers see a task: `first` at once, then one more up to `most` while it is worth it.

    A task is settled when the posterior of its best answer reaches `threshold`, and set aside for an expert where it
    does not with `most` labels, or where `skips` labelers skipped it. `labeler_accuracy` is what one label is taken to
    be worth before gold says otherwise. Of the claims, `gold_share` gets a task whose answer is known, as long as there
    are some that the labeler has not seen. A task may wait `patience_hours` longer for one that is worth most, and is
    kept for `ask_seconds` for the labeler whose answer would help it most. `method` is that of the consensus once
    labelers can be told apart; `auto` leaves it to gold.
    """

    first: Annotated[int, Field(ge=1)] = 2
    most: Annotated[int, Field(ge=1)] = 5
    threshold: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    labeler_accuracy: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    lease_seconds: Annotated[int, Field(gt=0)] = 300
    ask_seconds: Annotated[int, Field(gt=0)] = 600
    patience_hours: Annotated[float, Field(ge=0)] = 24.0
    gold_share: Share = 0.0
    skips: Annotated[int, Field(ge=1)] = 3
    method: Literal["auto", "one-coin", "dawid-skene", "crowdlab"] = "auto"

    @model_validator(mode="after")
    def _most_covers_first(self) -> Self:
        if self.most < self.first:
            raise ValueError(f"most = {self.most} must not be below first = {self.first}")
        return self


class Consistency(Section):
    """Which settled labels are consistent enough: how sure their consensus is, and on how many votes it stands.

    What an expert settled is consistent, however many voted.
    """

    confidence: Share = 0.0
    votes: Annotated[int, Field(ge=1)] = 1


class SliceRecipe(Section):
    """The rows that have `value` in `column`: how many a version must have, and how often each stands in train.

    A column is called as expectations call it: a field of the payload, of the envelope, or `attributes.NAME`; `label`
    is the row's class. Rows that stand `copies` times are marked in the column `copy`. A model is promoted only if it
    is not worse on a `guarded` slice; that says nothing of rows, so it is left out where a version's recipe is written.
    """

    column: ColumnName
    value: Attribute
    want: Annotated[int, Field(ge=0)] = 0
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    guarded: Annotated[bool, Field(exclude=True)] = False

    @property
    def name(self) -> str:
        """What it is called in reports."""
        return f"{self.column} = {self.value}"


class DatasetRecipe(Section):
    """What a dataset version is made of.

    Rows that share the attribute `group` stay on one side of every split; `splits` are shares that sum to 1.
    `agreement_floor` is the least Krippendorff's alpha of the labels at which a version may be published,
    `min_rows` the least number of rows, and `max_class_share` caps the largest class. `consistent` says which settled
    labels are in, `slices` which rows there must be enough of, and which are repeated in train. A median of more than
    `max_hours_to_label` from the queue to the last label is warned of.
    """

    group: str
    splits: dict[SplitName, Share] = Field(min_length=1)
    min_rows: Annotated[int, Field(ge=1)]
    agreement_floor: Annotated[float, Field(ge=-1, le=1)]
    max_class_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    consistent: Consistency = Consistency()
    slices: tuple[SliceRecipe, ...] = ()
    max_hours_to_label: Annotated[float, Field(gt=0)] = 168.0

    @model_validator(mode="after")
    def _splits_cover_all(self) -> Self:
        if "train" not in self.splits:
            raise ValueError("one of the splits must be called train")
        if len({one.name for one in self.slices}) < len(self.slices):
            raise ValueError("two of the slices are the same: say in one what is wanted of it")
        if abs(sum(self.splits.values()) - 1) > ROUNDING:
            raise ValueError(f"the splits sum to {sum(self.splits.values())}, not to 1")
        return self


class TrainerConfig(Section):
    """The fixed reference model: the same code and parameters for every version, so that only data differs.

    `train(payloads, labels)` returns a model with `predict(payloads)` and `scores(payloads)`;
    `gold_test()` and `gold_seed()` return (payloads, labels) that no labeler has seen. A label is as in a dataset
    version: a string; of several classes, a list of strings; of boxes, a list of dicts with name, left, top, right and
    bottom. Where slices go by attributes, `gold_test()` returns (payloads, labels, attributes), the last a dict for
    each sample.
    """

    train: Reference
    gold_test: Reference
    gold_seed: Reference


class RetrainingPolicy(Section):
    """When a model is promoted, and what is wanted of what it is worst at.

    It may be worse by `margin` at most, and by `slice_margin` on a guarded slice, as shares of the gold rows; of a few
    dozen rows less cannot be shown. Of the `worst` slices `labels` each are wanted, until the next model.
    """

    margin: Share = 0.02
    slice_margin: Share = 0.05
    labels: Annotated[int, Field(ge=1, le=100_000)] = 50
    worst: Annotated[int, Field(ge=0, le=16)] = 3


class ProjectConfig(Section):
    """The whole of `project.toml`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    title: str
    partitions: Annotated[int, Field(ge=1, le=1000)] = 4
    contract: ContractConfig
    suite: FileName = "expectations.json"
    guideline: FileName = "guideline.md"
    labels: LabelSpace
    view: View = View()
    duplicates: DuplicatePolicy | None = None
    routing: RoutingPolicy
    overlap: OverlapPolicy
    feedback: FeedbackPolicy = FeedbackPolicy()
    dataset: DatasetRecipe
    drift: DriftPolicy = DriftPolicy()
    trainer: TrainerConfig
    retraining: RetrainingPolicy = RetrainingPolicy()

    @model_validator(mode="after")
    def _tells_labelers_apart_by_one_class(self) -> Self:
        if self.overlap.method != "auto" and self.labels.kind is not AnswerKind.CLASSIFICATION:
            raise ValueError(
                f"overlap.method says how single classes are concluded; labels are of the kind {self.labels.kind}: "
                "leave it out"
            )
        return self

    @model_validator(mode="after")
    def _caps_what_has_one_class(self) -> Self:
        if self.dataset.max_class_share < 1 and self.labels.kind is not AnswerKind.CLASSIFICATION:
            raise ValueError(
                "dataset.max_class_share caps rows by their one class: leave it out where labels are of the kind "
                f"{self.labels.kind}"
            )
        return self
