"""Dataset versions as people compare them: what each is made of, what its gate said, what it gained, what changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from catalog.diff import Diff
from catalog.evaluation import TrainingReport
from catalog.gate import Result, marks
from catalog.manifest import Split
from schemas.verdicts import Event
from storage.promotions import Promoted, find_promoted, find_report
from storage.releases import Release, compare, get_version, list_versions, version_before
from storage.settings import StorageSettings


class Changes(Event):
    """How many samples differ from the version before, by cause."""

    new: int
    dropped: int
    relabeled: int
    guideline: int
    moved: int
    unchanged: int
    governing: tuple[str, ...]

    @classmethod
    def of(cls, diff: Diff) -> "Changes":
        """Count what a comparison lists."""
        counted = {name: len(getattr(diff, name)) for name in ("new", "dropped", "relabeled", "guideline", "moved")}
        return cls(**counted, unchanged=diff.unchanged, governing=diff.governing)


@dataclass(frozen=True, kw_only=True)
class Scorecard:
    """One version; `training` is None while the fixed model was not trained on it.

    `marks` are those results of the `gate` that are marks of good data; versions of before there were any have none.
    `in_production` says that its model is the promoted one.
    """

    version: int
    rows: int
    simulated: int
    published_at: datetime
    as_of: datetime
    content_hash: str
    location: str
    contract: int
    guideline: int
    splits: Mapping[str, Split]
    excluded: Mapping[str, int]
    gate: Sequence[Mapping[str, Any]]
    marks: Sequence[Result]
    training: TrainingReport | None
    in_production: bool


def scorecards(engine: Engine, project: str) -> list[Scorecard]:
    """Return every version, the last one first."""
    promoted = find_promoted(engine, project)
    return [_scorecard(engine, release, promoted) for release in reversed(list_versions(engine, project))]


def scorecard(engine: Engine, project: str, version: int) -> Scorecard:
    """Return one version.

    Raises:
        InputError: there is no such version.
    """
    return _scorecard(engine, get_version(engine, project, version), find_promoted(engine, project))


def changes(engine: Engine, settings: StorageSettings, project: str, version: int) -> Diff | None:
    """Return what changed since the version before, by cause; None for the first. Reads both versions' entries.

    Raises:
        InputError: there is no such version.
    """
    release = get_version(engine, project, version)
    before = version_before(engine, release)
    return None if before is None else compare(settings, before, release)


def _scorecard(engine: Engine, release: Release, promoted: Promoted | None) -> Scorecard:
    manifest, governing = release.manifest, release.governing
    results = [Result.model_validate(result) for result in manifest.get("gate", [])]
    return Scorecard(
        version=release.version,
        rows=release.rows,
        simulated=manifest.get("simulated", 0),
        published_at=release.published_at,
        as_of=release.as_of,
        content_hash=release.content_hash,
        location=release.location,
        contract=governing.contract,
        guideline=governing.guideline,
        splits={name: Split.model_validate(split) for name, split in manifest.get("splits", {}).items()},
        excluded=manifest.get("excluded", {}),
        gate=manifest.get("gate", []),
        marks=marks(results),
        training=find_report(engine, release.project, release.version),
        in_production=promoted is not None and promoted.version == release.version,
    )
