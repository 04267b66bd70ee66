"""What several people look at, each asked of the database once for all viewers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from sqlalchemy import Engine

from console.watch import Watch
from labeling.concord import Concord
from labeling.reports import LabelerReport
from quality.slices.finding import Search
from schemas.labels import Finding
from storage.backlog import Backlog, backlog
from storage.concord import agreement, counting_votes, findings
from storage.dead_letters import Broken, DeadLetters
from storage.drift_actions import Offered, offered
from storage.gates import GateReport, last_report
from storage.health import Health, health
from storage.lake import Lake
from storage.mixing import Mix, current_mix
from storage.model_errors import model_errors
from storage.pipeline import Pipeline, pipeline
from storage.projects import Project
from storage.reports import every_report
from storage.scorecards import Scorecard, scorecards
from storage.slice_ledger import Line, ledger


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The questions that pages and endpoints share."""

    backlog: Watch[Backlog]
    pipeline: Watch[Pipeline]
    mix: Watch[Mix]
    broken: Watch[Sequence[Broken]]
    scorecards: Watch[Sequence[Scorecard]]
    gate: Watch[GateReport | None]
    slices: Watch[Sequence[Line]]
    worse: Watch[Search]
    agreement: Watch[Concord]
    health: Watch[Health]
    drift: Watch[Sequence[Offered]]
    findings: Watch[Sequence[Finding]]
    labelers: Watch[Sequence[LabelerReport]]

    @classmethod
    def of(cls, engine: Engine, project: Project, lake: Lake) -> Self:
        """Return it for one project; nothing is asked before somebody looks."""
        config, name = project.config, project.config.name
        return cls(
            backlog=Watch(lambda: backlog(engine, name)),
            pipeline=Watch(lambda: pipeline(engine, name)),
            mix=Watch(lambda: current_mix(engine, project.config)),
            broken=Watch(DeadLetters(project=project, engine=engine, lake=lake).by_rule),
            scorecards=Watch(lambda: scorecards(engine, name)),
            gate=Watch(lambda: last_report(engine, name)),
            slices=Watch(lambda: ledger(engine, config)),
            worse=Watch(lambda: model_errors(engine, config).worse()),
            health=Watch(lambda: health(engine, project)),
            drift=Watch(lambda: offered(engine, name)),
            agreement=Watch(lambda: agreement(engine, config)),
            findings=Watch(lambda: findings(engine, config, counting_votes(engine, config))),
            labelers=Watch(lambda: every_report(engine, config)),
        )
