"""`assay slices`."""

from typing import Annotated

import typer
from pydantic import ValidationError
from rich.table import Table

from assay.declaring import NAME, declare, value_of
from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from quality.intervals import Interval
from quality.slices.finding import LEAST
from schemas.errors import InputError
from schemas.project import SliceRecipe
from storage.model_errors import model_errors
from storage.slice_ledger import Trained, ledger

# So many slices are shown, the clearest.
SHOWN = 20


def find(
    *,
    seed: Annotated[int, typer.Option(help="Where the search for clusters of embeddings begins.")] = 1,
    project: ProjectFolder = None,
) -> None:
    """Find slices on which the model in production is wrong more often than elsewhere, corrected for the search."""
    with open_services(settings_of(project)) as services:
        errors = model_errors(services.engine, services.project.config)
    if not errors.cases:
        raise InputError("No label of a sample with a prediction is settled yet: have some labeled first.")
    search = errors.worse(seed=seed)
    labels = f"{len(errors.cases)} settled labels of the model {errors.model}"
    if not search.found:
        least = f"; a slice needs {LEAST} labels to be looked at" if not search.looked_at else ""
        out.print(f"Of {search.looked_at} slices of {labels} none is worse than chance would make it{least}.")
        return
    out.print(f"Of {search.looked_at} slices of {labels} these are worse than the rest:")
    table = Table("slice", "labels", "of the stream", "error", "elsewhere", "p, corrected", "such as")
    for one in search.found[:SHOWN]:
        error, elsewhere = _interval(one.error), _interval(one.elsewhere)
        row = (one.name, str(one.cases), f"{one.share:.1%}", error, elsewhere, f"{one.p_value:.2g}")
        table.add_row(*row, " ".join(one.examples[:2]))
    out.print(table)


def show(*, project: ProjectFolder = None) -> None:
    """Show the slice ledger: of each slice what is wanted and what there is, the model's error, what training did."""
    with open_services(settings_of(project)) as services:
        lines = ledger(services.engine, services.project.config)
    if not lines:
        raise InputError("No slice is declared, and no quota is set: `assay slices find` looks for some.")
    table = Table("slice", "wanted", "quota", "queued", "labeled", "consistent", "error in production", "trained")
    for one in lines:
        error = "-" if one.error is None else f"{_interval(one.error)} of {one.cases}"
        counts = map(str, (one.wanted, one.quota, one.queued, one.labeled, one.consistent))
        marks = ", ".join(filter(None, ("guarded" if one.guarded else "", one.state)))
        name = f"{one.name} ({marks})" if marks else one.name
        table.add_row(name, *counts, error, "; ".join(map(_gained, one.trained[-2:])) or "-")
    out.print(table)


def add(
    column: Annotated[str, typer.Argument(help="A field of the payload, of the envelope, attributes.NAME, or label.")],
    value: Annotated[str, typer.Argument(help="What is in it; true, 3 and 2.5 are no texts, but '\"3\"' is.")],
    *,
    want: Annotated[int, typer.Option(min=0, help="Rows that a version must have of it.")] = 0,
    guarded: Annotated[bool, typer.Option("--guarded", help="Promote no model that is worse on it.")] = False,
    project: ProjectFolder = None,
) -> None:
    """Declare a slice in the project's project.toml; versions, training and the ledger then tell of it."""
    settings = settings_of(project)
    given = {"column": column, "value": value_of(value), "want": want, "guarded": guarded}
    try:
        one = SliceRecipe.model_validate(given)
    except ValidationError as error:
        raise InputError(f"{column} = {value} is no slice: {error.errors()[0]['msg']}.") from None
    declare(settings.project, one)
    out.print(f"{settings.project / NAME} declares {one.name}: `assay project check` it, and `assay up` takes it up.")


def _gained(one: Trained) -> str:
    gain = one.found.gain
    return f"version {one.version}: {one.found.accuracy.estimate:.1%} ({gain.estimate:+.1%}) of {one.found.test}"


def _interval(share: Interval) -> str:
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"
