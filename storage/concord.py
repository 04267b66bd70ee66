"""What the labels of a project say of its labelers' agreement."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select

from labeling.concord import Concord, concord
from labeling.kinds import kind_of
from schemas.labels import Finding, Vote
from schemas.project import ProjectConfig
from storage import guidelines, slices, votes
from storage.database import lost_connections_named
from storage.tables import LabelerRow


def counting_votes(engine: Engine, project: ProjectConfig) -> dict[int, list[Vote]]:
    """Return the votes that count now and are of the project's kind and classes, by task."""
    kind, published = kind_of(project.labels), guidelines.history(engine, project.name)
    classes = (published[-1].classes if published else ()) or project.labels.classes
    given = votes.votes_by_task(engine, project.name)
    return {task: [vote for vote in here if kind.counts(vote.answer, classes)] for task, here in given.items()}


def agreement(engine: Engine, project: ProjectConfig) -> Concord:
    """Return how far the labelers of a project agree; looks at every label, so it is not to be asked at each glance."""
    given, columns = counting_votes(engine, project), slices.slices_by_task(engine, project.name)
    return concord(kind_of(project.labels), given, columns, simulated_labelers(engine, project.name))


@lost_connections_named()
def simulated_labelers(engine: Engine, project: str) -> set[str]:
    """Return the names of a project's simulated labelers."""
    found = select(LabelerRow.name).where(LabelerRow.project == project, LabelerRow.simulated)
    with engine.connect() as connection:
        return set(connection.scalars(found))


def findings(engine: Engine, project: ProjectConfig, given: Mapping[int, Sequence[Vote]]) -> list[Finding]:
    """Return what labelers do differently, by their votes that count."""
    return kind_of(project.labels).findings(given, slices.slices_by_task(engine, project.name))
