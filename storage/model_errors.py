"""What settled labels say of the model in production: where it was right, and where not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Engine, select

from labeling.label_space import scores_now
from quality.columns import ATTRIBUTES
from quality.routing.outcomes import Outcome, predicted
from quality.slices.cases import Case, Cases
from quality.slices.clusters import CLUSTER, clusters
from quality.slices.finding import Search, find_worse
from schemas.guidelines import Guideline
from schemas.project import ProjectConfig
from schemas.samples import Attribute
from storage.database import lost_connections_named
from storage.guidelines import versions_after
from storage.steering import PREDICTED
from storage.tables import ConsensusRow, TaskRow

# Only so many labels are looked at, those that were settled last.
LOOKED_AT = 20_000


@dataclass(frozen=True, kw_only=True)
class ModelErrors:
    """The cases of the model that predicted last, and the embedding of each that has one.

    `model` is None where nothing that was predicted is settled.
    """

    model: str | None
    cases: tuple[Case, ...]
    embeddings: tuple[Sequence[float] | None, ...]

    def worse(self, *, seed: int = 1) -> Search:
        """Return the slices on which the model is worse, over all columns and clusters of the embeddings."""
        cases = Cases.of_all(self.cases)
        return find_worse(cases, {**cases.columns(), CLUSTER: clusters(self.embeddings, seed=seed)})


@lost_connections_named()
def model_errors(engine: Engine, project: ProjectConfig) -> ModelErrors:
    """Return where the model in production was wrong, by the labels that were settled last.

    Labels of boxes and texts say nothing of it, for models predict classes.
    """
    last = (
        select(TaskRow.sample_id, TaskRow.sample, TaskRow.selection, ConsensusRow.answer)
        .join(ConsensusRow, ConsensusRow.task_id == TaskRow.task_id)
        .where(TaskRow.project == project.name, ConsensusRow.settled)
        .order_by(TaskRow.created_at.desc(), TaskRow.task_id.desc())
        .limit(LOOKED_AT)
    )
    if project.labels.kind not in PREDICTED:
        return ModelErrors(model=None, cases=(), embeddings=())
    with engine.connect() as connection:
        guidelines = versions_after(connection, project.name, 0)
        rows = [row for row in connection.execute(last) if row.sample.get("prediction")]
    model = rows[0].sample["prediction"]["model"] if rows else None
    of_model = [row for row in rows if row.sample["prediction"]["model"] == model]
    return ModelErrors(
        model=model,
        cases=tuple(_case(row, guidelines) for row in of_model),
        embeddings=tuple(row.sample.get("embedding") for row in of_model),
    )


def _case(row: Any, guidelines: Sequence[Guideline]) -> Case:
    outcome = Outcome(
        reasons=tuple(row.selection["reasons"]),
        propensity=row.selection["propensity"],
        scores=scores_now(row.sample["prediction"]["scores"], guidelines),
        answer=row.answer,
    )
    said = predicted(outcome)
    values = dict(_values(row.sample))
    if isinstance(said, str):
        values["prediction.top"] = said
    return Case(sample_id=row.sample_id, values=values, wrong=said != outcome.answer, propensity=outcome.propensity)


def _values(sample: Mapping[str, JsonValue]) -> Iterator[tuple[str, Attribute]]:
    """Yield what can be sliced by: the source, attributes, and those fields of the payload that are single values."""
    for prefix, fields in (("", sample["payload"]), (ATTRIBUTES, sample.get("attributes"))):
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if isinstance(value, str | int | float):
                yield prefix + name, value
    yield "source", str(sample["source"])
