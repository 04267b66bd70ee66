"""The audit: proves from broker, ledger, lake and queue that no record was lost."""

from sqlalchemy import Engine

from quality.ledger import AuditReport, audit, unaccounted
from schemas.errors import UnavailableError
from storage import audits, receipts, replays
from storage.lake import Lake
from storage.projects import Project
from streams.topics import offsets, vacant


def run_audit(project: Project, *, bootstrap: str, engine: Engine, lake: Lake) -> AuditReport:
    """Audit the project's samples up to the present end of each partition, and keep the report."""
    topic = project.topics.samples
    ends = {partition: end for partition, (_, end) in offsets(bootstrap, topic).items()}
    if not ends:
        raise UnavailableError(f"The topic {topic} does not exist yet: run `assay prepare`, which makes it.")
    found = receipts.receipts_of(engine, topic)
    kept = audits.kept(engine, lake, project.config.name, topic, ends)
    report = audit(
        topic,
        ends,
        found,
        kept,
        vacant(bootstrap, topic, unaccounted(ends, found)),
        replays=replays.replays_of(engine, topic),
    )
    audits.record(engine, project.config.name, report)
    return report
