"""`assay trace`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from schemas.answers import plain_of
from storage.lives import Asked, Life, life


def trace(
    sample_id: Annotated[str, typer.Argument(help="The id of an accepted sample.")], *, project: ProjectFolder = None
) -> None:
    """Tell an accepted sample's whole life: its offset, feedback, selection, labels, consensus, dataset rows."""
    with open_services(settings_of(project)) as services:
        lake, engine, storage = services.lake, services.engine, services.storage
        found = life(lake, engine, storage, services.project.config.name, sample_id)
    for line in told(found):
        out.print(line, soft_wrap=True)


def told(found: Life) -> Iterator[str]:
    """Yield the life of a sample, a line for each thing that happened."""
    origin, sample = found.origin, found.sample
    yield f"produced   at offset {origin.offset} of {origin.topic}-{origin.partition}, by {sample['source']}"
    yield f"accepted   under contract {sample['contract']}, {len(found.warnings)} warnings"
    yield from (f"warned     {one.rule} at {one.where}: {one.seen}" for one in found.warnings)
    for heard in found.feedback:
        right = "" if heard.answer is None else f", right would be {heard.answer}"
        yield f"feedback   {heard.kind} by {heard.source} at {heard.occurred_at:%Y-%m-%d %H:%M}{right}: {heard.status}"
    if found.task is None:
        yield "selected   no: it stands in the archive, and nobody was asked for a label"
    else:
        yield from _asked(found.task)
    for held in found.versions:
        yield f"released   in version {held.version}, split {held.split}, as {plain_of(held.label)}"


def _asked(task: Asked) -> Iterator[str]:
    chosen = task.selection
    scores = ", ".join(f"{name} {score:.3f}" for name, score in chosen.scores.items())
    reasons = ", ".join(chosen.reasons)
    yield f"selected   for {reasons} (scores {scores}; propensity {chosen.propensity:.4f}), as task {task.task_id}"
    for said in task.labels:
        who = f"{said.labeler}{' (simulated)' if said.simulated else ''}"
        taken = "" if said.retracted_at is None else f", taken back at {said.retracted_at:%Y-%m-%d %H:%M}"
        yield f"labeled    {plain_of(said.answer)} by {who}, guideline {said.guideline}, for {said.purpose}{taken}"
    met = task.consensus
    if met is not None:
        sure = f"confidence {met.confidence:.1%}, by {met.method}, guideline {met.guideline}"
        yield f"consensus  {plain_of(met.answer)}, {sure}: {task.status}"
