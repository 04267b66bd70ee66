"""`assay slices`."""

from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from quality.intervals import Interval
from quality.slices.cases import Cases
from quality.slices.clusters import CLUSTER, clusters
from quality.slices.finding import LEAST, Search, find_worse
from schemas.errors import InputError
from storage.model_errors import ModelErrors, model_errors

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
    search = _searched(errors, seed)
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


def _searched(errors: ModelErrors, seed: int) -> Search:
    cases = Cases.of_all(errors.cases)
    return find_worse(cases, {**cases.columns(), CLUSTER: clusters(errors.embeddings, seed=seed)})


def _interval(share: Interval) -> str:
    return f"{share.estimate:.1%} ({share.low:.1%} to {share.high:.1%})"
