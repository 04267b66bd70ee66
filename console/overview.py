"""What everybody who is signed in may see, each asked of the database once for all viewers."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine

from console.watch import Watch
from schemas.project import ProjectConfig
from storage.backlog import Backlog, backlog


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The questions that pages and endpoints share."""

    backlog: Watch[Backlog]

    @classmethod
    def of(cls, engine: Engine, project: ProjectConfig) -> Self:
        """Return it for one project; nothing is asked before somebody looks."""
        return cls(backlog=Watch(lambda: backlog(engine, project.name)))
