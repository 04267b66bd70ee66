"""Build the next dataset version: read, assemble, gate, release. Importing this takes seconds (Great Expectations)."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from catalog import expectations, gate
from catalog.canonical import sha256
from catalog.choice import Exclusion
from catalog.manifest import Governing, hash_of
from quality.columns import ATTRIBUTES, ENVELOPE, payload_of
from quality.decoding import decode
from schemas.guidelines import Guideline
from storage import gates
from storage.assembling import Assembled, assembled
from storage.database import open_engine
from storage.garbage import seldom_searched
from storage.lake import Lake
from storage.process import explained
from storage.projects import Project, read_project
from storage.releases import Release, find_content, list_versions, publish, read_entries
from storage.settings import StorageSettings
from storage.spool import Spooled

# So many rows are turned into columns at once.
LOT = 4_096


class BuildStatus(StrEnum):
    """How a build ended."""

    PUBLISHED = "published"  # a new version exists
    UNCHANGED = "unchanged"  # the same rows are a version already
    RED = "red"  # the gate is shut; nothing was published


@dataclass(frozen=True, kw_only=True)
class BuildOutcome:
    """What a build came to: the version, or the gate's results that say what is missing.

    `excluded` counts labeled samples that are not in, by cause; `unarchived` those whose sample the lake does
    not hold yet. `report` is where the gate's files are; of an unchanged version it is not asked again.
    """

    status: BuildStatus
    release: Release | None
    results: tuple[gate.Result, ...]
    excluded: Mapping[Exclusion, int]
    unarchived: int
    report: str | None

    @property
    def text(self) -> str:
        """Say in words what happened; every check that is not ok has a line."""
        if self.release is None:
            return f"Nothing was published, because the gate is shut.\n{gate.explain(self.results)}\nAll: {self.report}"
        said = "exists already" if self.status is BuildStatus.UNCHANGED else "was published"
        text = f"Version {self.release.version} with {self.release.rows} rows {said}.\n{gate.explain(self.results)}"
        return text.rstrip()


def build(project: Project, settings: StorageSettings, *, as_of: datetime | None = None) -> BuildOutcome:
    """Publish the project's next dataset version, unless it would repeat one or the gate is shut.

    Reads all there is and keeps nothing between calls, so it may be repeated, and run beside itself. With `as_of`,
    labels, guidelines and estimates are those of that instant; the project's folder is as it is now.
    """
    with ExitStack() as stack:
        stack.enter_context(seldom_searched())
        lake = stack.enter_context(Lake.open(settings))
        engine = open_engine(settings)
        stack.callback(engine.dispose)
        made = stack.enter_context(assembled(project, engine, lake, as_of))
        governing = governed_by(project, made.guideline)
        content = hash_of((texts.line for texts in made.rows.texts()), governing)
        existing = find_content(engine, project.config.name, content)
        if existing is not None:
            return _outcome(BuildStatus.UNCHANGED, made, release=existing)
        results, document = judge(project, made)
        name = project.config.name
        report = gates.write_report(settings, name, project.config.title, made.at, (results, document))
        release = None
        if gate.is_open(results):
            notes = {**_notes(made, results, report), "dropped": _dropped(engine, settings, name, made)}
            release = publish(engine, settings, made.rows, governing, as_of=made.at, notes=notes, content=content)
        number = None if release is None else release.version
        gates.keep_report(engine, name, made.at, results, location=report, version=number)
        status = BuildStatus.RED if release is None else BuildStatus.PUBLISHED
        return _outcome(status, made, results=results, release=release, report=report)


def foresee(project: Project, engine: Engine, lake: Lake) -> tuple[gate.Result, ...]:
    """Return what the gate would say of a version built now; nothing is published."""
    with assembled(project, engine, lake) as made:
        return judge(project, made)[0]


def governed_by(project: Project, guideline: Guideline) -> Governing:
    """Return what governs a version of the project that is built under this guideline."""
    config = project.config
    return Governing(
        project=config.name,
        title=config.title,
        contract=config.contract.current,
        suite=project.suite_fingerprint,
        guideline=guideline.version,
        guideline_sha256=sha256(guideline.body.encode()),
        kind=config.labels.kind,
        classes=guideline.classes,
        recipe=config.dataset,
    )


def judge(project: Project, made: Assembled) -> tuple[tuple[gate.Result, ...], dict[str, Any]]:
    """Return the gate's results for the assembled rows, and what Great Expectations, which ran the suite, said."""
    config = project.config
    frame = expectations.framed(_columns(project, made.rows), project.suite)
    verdicts, document = expectations.validate(project.suite, frame)
    results = gate.check(
        made.rows,
        made.heard,
        verdicts,
        recipe=config.dataset,
        classes=made.guideline.classes,
        labels=config.labels,
        first_answers=config.overlap.first,
    )
    return results, document


def _columns(project: Project, rows: Spooled) -> Iterator[expectations.Lot]:
    """Yield lots of rows as the suite sees them; assembled samples are those that today's contract reads."""
    payload = payload_of(project.samples[project.config.contract.current])
    known = (*payload.model_fields, *payload.model_computed_fields, *ENVELOPE)
    texts = (each.sample for each in rows.texts())
    while lot := list(islice(texts, LOT)):
        decoded = decode(project.contract, lot)
        attributes = (ATTRIBUTES + name for name in decoded.columns.samples.attributes)
        yield len(decoded.places), decoded.columns.for_rules((*known, *attributes))


def _dropped(engine: Engine, settings: StorageSettings, name: str, made: Assembled) -> dict[str, str]:
    """Return why samples of the version before are not rows of this one."""
    before = [release for release in list_versions(engine, name) if release.as_of < made.at]
    had = (entry.sample_id for entry in read_entries(settings, before[-1])) if before and made.left else ()
    return {sample: str(made.left[sample]) for sample in had if sample in made.left}


def _notes(made: Assembled, results: Sequence[gate.Result], report: str) -> dict[str, object]:
    return {
        "report": report,
        "gate": [result.model_dump(mode="json") for result in results],
        "excluded": {str(cause): count for cause, count in made.excluded.items()},
    }


def _outcome(
    status: BuildStatus,
    made: Assembled,
    *,
    results: tuple[gate.Result, ...] = (),
    release: Release | None = None,
    report: str | None = None,
) -> BuildOutcome:
    return BuildOutcome(
        status=status,
        release=release,
        results=results,
        excluded=made.excluded,
        unarchived=made.unarchived,
        report=report,
    )


def main() -> None:
    """Build the project in the folder that is named, as `assay dataset build` does: for environments without it."""
    with explained():
        outcome = build(read_project(Path(sys.argv[1])), StorageSettings())
        sys.stdout.write(f"{outcome.text}\n")


if __name__ == "__main__":
    main()
