"""`assay guideline`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from labeling.guideline_diff import diff as compared
from labeling.revision import Agreement
from labeling.revision import effect as effect_of
from schemas.errors import InputError
from schemas.guidelines import Guideline
from storage import guidelines, votes

Version = Annotated[int | None, typer.Argument(help="The version's number. [default: the one in force]")]


def show(version: Version = None, *, project: ProjectFolder = None) -> None:
    """Print a version: its text, and what each class means."""
    with open_services(settings_of(project)) as services:
        found = _published(guidelines.history(services.engine, services.project.config.name), version)[-1]
    out.print(f"Guideline version {found.version}", style="bold")
    out.print(found.body, soft_wrap=True)
    for definition in found.definitions:
        out.print(f"{definition.name}: {definition.text or '(see the text)'}", soft_wrap=True)
        for kind, examples in (("example", definition.examples), ("counter-example", definition.counter_examples)):
            for example in examples:
                out.print(f"  {kind}: task {example.task_id} {example.note}".rstrip(), soft_wrap=True)


def diff(
    old: Annotated[int | None, typer.Argument(help="From this version. [default: the one before]")] = None,
    new: Annotated[int | None, typer.Argument(help="To this version. [default: the one in force]")] = None,
    *,
    project: ProjectFolder = None,
) -> None:
    """Say what changed between two versions: classes, pairs that were settled, definitions, text."""
    with open_services(settings_of(project)) as services:
        history = guidelines.history(services.engine, services.project.config.name)
    to = _published(history, new)[-1].version
    since = to - 1 if old is None else old
    if since >= to:
        raise InputError(f"Version {since} does not come before version {to}: give the older one first.")
    found = compared(_published(history, to)[_published(history, since)[-1].version - 1 :])
    for said in found.classes:
        out.print(said, soft_wrap=True)
    for one, other in found.settles:
        out.print(f"settled: {one!r} or {other!r}", soft_wrap=True)
    for said in found.definitions:
        out.print(said, soft_wrap=True)
    for line in found.lines:
        out.print(line, soft_wrap=True, highlight=False)
    if not any((found.classes, found.settles, found.definitions, found.lines)):
        out.print(f"Nothing differs between version {since} and version {to}.")


def effect(version: Version = None, *, project: ProjectFolder = None) -> None:
    """Say what a version did to agreement, and how many labels it cost."""
    with open_services(settings_of(project)) as services:
        name = services.project.config.name
        history = guidelines.history(services.engine, name)
        wanted = _published(history, version)[-1].version
        labels = services.project.config.labels
        found = effect_of(wanted, votes.all_casts(services.engine, name), history, labels)
    out.print(f"Version {found.version} had {found.tasks} tasks labeled anew, for {found.labels} labels so far.")
    out.print(f"Fresh tasks of its classes: {told(found.fresh_before)} before, {told(found.fresh_after)} since.")
    out.print(
        f"Those labeled anew: {told(found.touched_before)} before, {told(found.touched_after)} since; "
        "they were chosen for their disagreement, so go by the fresh ones."
    )


def told(agreement: Agreement) -> str:
    """Return the agreement on some tasks in words."""
    disputed, alpha = agreement.disputed, "-" if agreement.alpha is None else f"{agreement.alpha:.2f}"
    interval = f"[{disputed.low:.1%}, {disputed.high:.1%}]"
    return f"{disputed.estimate:.1%} {interval} of {agreement.tasks} disputed (alpha {alpha})"


def _published(history: Sequence[Guideline], version: int | None) -> Sequence[Guideline]:
    """Return the versions up to this one, or to the one in force."""
    wanted = len(history) if version is None else version
    if not 1 <= wanted <= len(history):
        raise InputError(f"There is no version {wanted} of the guideline: {len(history)} were published.")
    return history[:wanted]
