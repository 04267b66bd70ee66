"""`assay produce` and `assay audit`."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from pydantic_core import from_json

from assay.options import ProjectFolder, out, settings_of
from assay.services import kafka_of, open_services
from quality.ledger import AuditReport, ReplayCounts
from schemas.errors import InputError
from storage.projects import read_project
from streams.audit import run_audit
from streams.producer import SampleProducer

# Records are confirmed in lots of this size, so that a file of any length needs the same memory.
LOT = 10_000


def produce(
    file: Annotated[Path, typer.Argument(help="A file with one JSON sample a line; - is standard input.")],
    *,
    project: ProjectFolder = None,
) -> None:
    """Publish the samples of a file; what breaks the contract becomes a dead letter with its reasons."""
    settings = settings_of(project)
    name = read_project(settings.project).config.name
    published: Counter[int] = Counter()
    with _lines(file) as lines, SampleProducer(name, bootstrap=kafka_of(settings)) as producer:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                producer.send_bytes(line.rstrip(b"\r\n"), key=_source(line))
            if number % LOT == 0:
                published.update(partition for partition, _ in producer.flush())
        published.update(partition for partition, _ in producer.flush())
    out.print(f"Published {published.total()} records to {name}.samples, confirmed by the broker:")
    for partition, count in sorted(published.items()):
        out.print(f"  partition {partition}: {count}")


def audit(*, project: ProjectFolder = None) -> None:
    """Prove that no record was lost, or name the offsets that were."""
    with open_services(settings_of(project)) as services:
        report = run_audit(services.project, bootstrap=services.bootstrap, engine=services.engine, lake=services.lake)
    out.print(told(report))
    if not report.ok:
        raise typer.Exit(1)


def told(report: AuditReport) -> str:
    """Return the report in words."""
    counts = " + ".join(f"{count} {disposition}" for disposition, count in report.counts.items())
    lines = [f"{report.topic}: {report.produced} produced = {counts}; {report.selected} selected."]
    lines += _of_replays(report.replays)
    if report.ok:
        return "\n".join([*lines, "Every law of the ledger holds: nothing was lost, nothing counted twice."])
    for fault in report.faults:
        ranges = ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in fault.ranges)
        lines.append(f"Broken: {fault.law}: {fault.offsets} offsets of partition {fault.partition}, first {ranges}.")
    lines.append("Records still under way look the same: if workers run, wait a moment and audit again.")
    return "\n".join(lines)


def _of_replays(replays: ReplayCounts) -> list[str]:
    """Return what became of replays, where there are any."""
    lines = []
    if replays.replayed:
        parts = [*((str(name), count) for name, count in replays.counts.items()), ("under way", replays.under_way)]
        told = " + ".join(f"{count} {name}" for name, count in parts)
        lines.append(f"{replays.replayed} dead letters were replayed = {told}.")
    if replays.claims:
        lines.append(
            f"{replays.claims} records call themselves replays in their headers, and Assay did not replay them."
        )
    return lines


@contextmanager
def _lines(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as opened:
            yield opened
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Give a file with one JSON sample a line.") from None


def _source(line: bytes) -> bytes | None:
    """Return the sample's source, by which records are keyed; None where the line has none."""
    try:
        sample = from_json(line)
    except ValueError:
        return None
    source = sample.get("source") if isinstance(sample, dict) else None
    return source.encode() if isinstance(source, str) and source else None
