"""`assay contract`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from assay.asyncapi import document
from assay.options import out
from quality.columns import payload_of
from quality.evolution import Change, Evolution, evolution
from schemas.errors import InputError
from schemas.samples import json_schema
from storage.projects import Project, read_project

# Items of a list that a witness shows.
SHOWN = 3
Folder = Annotated[Path, typer.Argument(help="The project's folder; its Python files are run.")]


def diff(
    folder: Folder,
    old: Annotated[int | None, typer.Argument(metavar="[FROM]", help="A version. [default: the last but one]")] = None,
    new: Annotated[int | None, typer.Argument(metavar="[TO]", help="A version. [default: the last]")] = None,
) -> None:
    """Say what changed between two contract versions, what of it is breaking or compatible, and why.

    Compatible means backward: whatever the FROM version lets in, the TO version lets in and reads the same. What cannot
    be decided counts as breaking. The exit status is 0 if all is compatible, or there is one version only, and 1 if
    something is breaking or the project has something to mend.
    """
    project = read_project(folder)
    versions = sorted(project.samples)
    if old is None and len(versions) == 1:
        out.print(
            f"{project.config.name} has one contract version, {versions[0]}: there is nothing to compare it with."
        )
        return
    pair = (versions[-2] if old is None else old, versions[-1] if new is None else new)
    found = evolution(*(_payload(project, version) for version in pair))
    _show(found, *pair)
    if not found.backward:
        raise typer.Exit(1)


def export(
    folder: Folder,
    *,
    to: Annotated[Path, typer.Option(help="Folder to write into; made if missing.")] = Path("contracts"),
) -> None:
    """Write what producers and consumers need: a JSON Schema of each contract version, and the topics as AsyncAPI.

    PROJECT.vN.schema.json says what a producer of version N must send, the whole sample; PROJECT.asyncapi.json names
    each topic with its messages, keys and partitions. Files of the same name are replaced.
    """
    project = read_project(folder)
    name = project.config.name
    schemas = {f"{name}.v{version}.schema.json": json_schema(sample) for version, sample in project.samples.items()}
    for path in _written(to, {**schemas, f"{name}.asyncapi.json": document(project)}):
        out.print(str(path), soft_wrap=True, markup=False, highlight=False)


def _payload(project: Project, version: int) -> Any:
    if version not in project.samples:
        name = project.config.name
        raise InputError(f"Project {name} has no contract version {version}; it has {sorted(project.samples)}.")
    return payload_of(project.samples[version])


def _show(found: Evolution, old: int, new: int) -> None:
    told = f"From version {old} to version {new}"
    if not found.changes:
        out.print(f"{told} nothing changed.")
        return
    table = Table("where", "what", "was", "is now", "breaking?", "why")
    for change in found.changes:
        words = (change.where or "the payload", change.kind.value, change.was, change.now, _verdict(change), change.why)
        table.add_row(*map(Text, words))
    out.print(table)
    for change in found.changes:
        if change.witness is not None:
            shown = json.dumps(_short(change.witness), ensure_ascii=False)
            out.print(Text(f"{change.where or 'the payload'}, {change.kind.value}, breaks {shown}"))
    breaking = sum(not change.backward for change in found.changes)
    verdict = f"breaking ({breaking} of {len(found.changes)} changes)" if breaking else "backward compatible"
    out.print(f"{told}: {verdict}; compatibility {found.compatibility.value}.")


def _verdict(change: Change) -> str:
    return "compatible" if change.backward else "breaking"


def _short(value: Any) -> Any:
    """Return the value with its long lists cut, to be looked at."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list) and len(value) > SHOWN:
        return [*map(_short, value[:SHOWN]), f"... {len(value)} in all"]
    return list(map(_short, value)) if isinstance(value, list) else value


def _written(to: Path, documents: Mapping[str, Any]) -> list[Path]:
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, content in documents.items():
            (to / name).write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{to} cannot be written to ({error.strerror}): name another folder with --to.") from None
    return [to / name for name in documents]
