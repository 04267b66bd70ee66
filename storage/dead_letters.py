"""Dead letters, grouped by the rule that they broke, and which of them may be replayed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Engine

from quality.forecast import Choice, Forecast, Letter, forecast
from quality.replay import Known
from schemas.verdicts import Origin, Violation
from storage import replays
from storage.lake import Lake
from storage.projects import Project

# Dead letters that are looked at together.
LOT = 500
_VIOLATIONS = TypeAdapter(tuple[Violation, ...])


@dataclass(frozen=True, kw_only=True)
class Broken:
    """The dead letters that broke one rule, the last time with this violation; one that broke several is in each."""

    rule: str
    letters: int
    first: datetime
    last: datetime
    where: str
    seen: str
    allowed: str


@dataclass(frozen=True, kw_only=True)
class ReplayReport:
    """What became of the dead letters that were meant; a dry run publishes none of `forecast`.

    `spent` were replayed as often as they may be. `doubtful` are replays of a run that was cut off so long ago that
    the broker has removed what it could be told from; they are not replayed again.
    """

    topic: str
    forecast: Forecast = field(default_factory=Forecast)
    published: int = 0
    replayed_before: int = 0
    spent: tuple[Origin, ...] = ()
    doubtful: int = 0

    @property
    def due(self) -> int:
        """How many dead letters may be replayed."""
        return self.forecast.accepted + self.forecast.rejected


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """The dead letters of one project."""

    project: Project
    engine: Engine
    lake: Lake

    def by_rule(self) -> list[Broken]:
        """Return a group for each rule that was broken, the largest first; reads what all of them broke and when."""
        columns = ("timestamp", "violations")
        found: dict[str, Broken] = {}
        for row in self.lake.dead_letters(self.project.config.name, columns).sort_by("timestamp").to_pylist():
            for violation in {one.rule: one for one in _VIOLATIONS.validate_json(row["violations"])}.values():
                found[violation.rule] = _with(found.get(violation.rule), violation, row["timestamp"])
        return sorted(found.values(), key=lambda one: (-one.letters, one.rule))

    def foretell(self, choice: Choice, most: int | None = None) -> ReplayReport:
        """Say what today's rules would do with the dead letters that are meant, at most so many; write nothing."""
        report = ReplayReport(topic=self.project.topics.samples)
        for _, _, report in self.due(choice, most):  # noqa: B007 - the last one is the whole
            pass
        return report

    def due(self, choice: Choice, most: int | None = None) -> Iterator[tuple[list[Letter], Known, ReplayReport]]:
        """Yield, lot by lot, those that may be replayed, what the ledger knows of them, and the report so far."""
        report = ReplayReport(topic=self.project.topics.samples)
        where = _where(report.topic, choice)
        for lot in self.lake.dead_letters_in_lots(self.project.config.name, LOT, where):
            meant = [letter for letter in lot if choice.takes(letter)]
            known = replays.known(self.engine, report.topic, [letter.place for letter in meant])
            due, report = self._looked_at(report, meant, known, most)
            yield due, known, report
            if most is not None and report.due >= most:
                break

    def _looked_at(
        self, report: ReplayReport, meant: Sequence[Letter], known: Known, most: int | None
    ) -> tuple[list[Letter], ReplayReport]:
        fresh = [letter for letter in meant if letter.place not in known.replayed]
        due = [letter for letter in fresh if not known.is_spent(letter.place)]
        due = due if most is None else due[: most - report.due]
        return due, replace(
            report,
            forecast=report.forecast + forecast(due, self.project.screening) if due else report.forecast,
            replayed_before=report.replayed_before + len(meant) - len(fresh),
            spent=(*report.spent, *(letter.place for letter in fresh if known.is_spent(letter.place))),
        )


def _with(before: Broken | None, violation: Violation, at: datetime) -> Broken:
    return Broken(
        rule=violation.rule,
        letters=before.letters + 1 if before else 1,
        first=before.first if before else at,
        last=at,
        where=violation.where,
        seen=violation.seen,
        allowed=violation.allowed,
    )


def _where(topic: str, choice: Choice) -> str:
    """Return as an Iceberg filter what of a choice the lake can tell."""
    since = f" and timestamp >= '{_instant(choice.since)}'" if choice.since else ""
    until = f" and timestamp < '{_instant(choice.until)}'" if choice.until else ""
    return f"topic == '{topic}'{since}{until}"


def _instant(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")
