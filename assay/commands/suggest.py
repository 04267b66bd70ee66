"""`assay suggest`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from assay.options import out, settings_of
from assay.services import open_services
from assay.tables import Columns, read_table
from quality import columns
from quality.profiling import Caution, Suggestion, steady, suite
from schemas.errors import InputError
from storage.candidates import read_sample
from storage.lake_rows import sample_of

# A new contract version is no error, so nothing is proposed about which one a sample names.
VERSION = "contract"
SOURCE = "A project's folder, or a file of flat rows: .csv, .parquet or .jsonl."


def suggest(
    source: Annotated[Path, typer.Argument(help=SOURCE)],
    *,
    rows: Annotated[int, typer.Option(min=1, help="How many rows to look at, the last ones.")] = 5000,
    mostly: Annotated[
        float, typer.Option(min=0.5, max=1, help="Share of rows that keep a rule; below 1 if some may be bad.")
    ] = 1.0,
    to: Annotated[Path | None, typer.Option(help="File to write the suite to, as Great Expectations JSON.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace that file if it exists.")] = False,
) -> None:
    """Propose an expectation suite from good rows: what the last accepted samples of a project, or a file's rows, keep.

    Shows each rule with its evidence. Rules are warnings: read them, drop what is accidental, make critical what must
    hold. A rule needs 300 rows that it judges, and must hold for the later half of the rows as its like from the
    earlier half says. Nothing is written without --to.
    """
    if to is not None and to.exists() and not force:
        raise InputError(f"{to} exists: name another file with --to, or replace it with --force.")
    name, table = (_samples if source.is_dir() else _rows)(source, rows)
    caution = Caution(mostly=mostly)
    found = steady(table, caution)
    count = len(next(iter(table.values()), ()))
    if not found:
        raise InputError(f"{count} rows speak for no rule: each needs {caution.rows} rows that it judges. Give more.")
    _show(found, count)
    if to is not None:
        _write(to, name, found)


def _rows(file: Path, most: int) -> tuple[str, Columns]:
    return file.stem, {name: values[-most:] for name, values in read_table(file).items()}


def _samples(folder: Path, most: int) -> tuple[str, Columns]:
    """Return the project's name and its last accepted samples that today's contracts read, as rules see them."""
    with open_services(settings_of(folder)) as services:
        project = services.project
        latest = services.lake.latest(project.config.name, most).to_pylist()
    read = (read_sample(project, sample_of(row)) for row in latest)
    rows = [columns.row(sample) for sample in read if sample is not None]
    names = dict.fromkeys(name for row in rows for name in row if name != VERSION)
    return project.config.name, {name: [row.get(name) for row in rows] for name in names}


def _show(found: Sequence[Suggestion], count: int) -> None:
    shown = Table("columns", "expectation", "allowed", "judged", "broken", "violated at most", "later half", "why")
    for each in found:
        words = (", ".join(each.columns), each.type.removeprefix("expect_"), each.allowed)
        figures = (f"{each.judged}", f"{each.broken}", f"{each.violated:.2%}")
        later = f"{each.figures['later_broken']:g} of {each.figures['later_judged']:g} broken"
        shown.add_row(*map(Text, (*words, *figures, later, each.why)))
    out.print(shown)
    out.print(
        f"{len(found)} rules from {count} rows. At most so many of all rows violate each, with 95 % confidence; of the "
        "later half, so many broke its like from the earlier half."
    )


def _write(to: Path, name: str, found: Sequence[Suggestion]) -> None:
    try:
        to.write_text(json.dumps(suite(name, found), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{to} cannot be written to ({error.strerror}): name another file with --to.") from None
    out.print(f"{to} holds them; a project takes it as its expectations.json.", soft_wrap=True, highlight=False)
