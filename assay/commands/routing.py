"""`assay routing`."""

from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of, time_of
from assay.services import open_services
from quality.routing.explanation import Explanation, Said
from quality.routing.rehearsal import Rehearsal, Tally, throughout
from schemas.errors import InputError
from schemas.verdicts import Selection
from storage import steering
from storage.rehearsals import archived, archived_of, find, taken_up

# Of a column so many values are shown, the most frequent.
SHOWN = 20


def explain(
    sample_id: Annotated[str, typer.Argument(help="The id of an accepted sample.")], *, project: ProjectFolder = None
) -> None:
    """Say why a sample was selected for labeling, or was not: what each reason said of it, and what it took."""
    with open_services(settings_of(project)) as services:
        name = services.project.config.name
        sought = find(services.lake, services.engine, name, sample_id)
        plans = taken_up(services.engine, name, sought.topic, sought.partition)
        samples = archived_of(services.lake, name, sought.partition, f"offset <= {sought.offset}")
        explanation = Rehearsal(services.project.screening, plans).explain(samples)
    out.print(f"{sample_id} stands at offset {sought.offset} of {sought.topic}-{sought.partition}.")
    out.print(_then(sought.selected))
    if explanation is None:
        raise InputError("Today's contract does not read it any more, so today's policy cannot be asked.")
    out.print(_now(explanation), soft_wrap=True)
    out.print(_said(explanation))
    if explanation.reasons != (sought.selected.reasons if sought.selected else ()):
        out.print(
            "The two differ: the policy was changed since, samples have left the lake, or the budget is per hour, "
            "which goes by the time of the record, where the lake keeps the sample's.",
            soft_wrap=True,
        )


def simulate(
    *,
    since: Annotated[str | None, typer.Option(help="Samples that occurred so or later, such as 2026-01-31.")] = None,
    until: Annotated[str | None, typer.Option(help="Samples that occurred earlier; without a zone it is UTC.")] = None,
    project: ProjectFolder = None,
) -> None:
    """Run a folder's routing policy over archived samples, and show what it would select; nothing is changed.

    Copy the project folder, change [routing] in its project.toml, and give it with --project. Each partition begins
    as a new one does, under the last steering.
    """
    tally = Tally()
    with open_services(settings_of(project)) as services:
        name, screening = services.project.config.name, services.project.screening
        told = throughout(steering.newest(services.engine, name))
        for _, samples in archived(services.lake, name, _window(since, until)):
            Rehearsal(screening, told).tally(samples, tally)
    if not tally.seen:
        raise InputError("No archived sample lies in that window: widen it, or produce some.")
    share = f"{tally.selected / tally.seen:.1%}"
    out.print(f"Of {tally.seen} archived samples this policy would select {tally.selected} ({share}).")
    reasons = Table("reason", "selected for it", "of all selected")
    for reason, count in tally.reasons.most_common():
        reasons.add_row(reason, str(count), f"{count / tally.selected:.1%}")
    out.print(reasons)
    for column, seen in tally.seen_by.items():
        table = Table(column, "seen", "selected", "of those seen")
        for value, count in seen.most_common(SHOWN):
            selected = tally.selected_by[column][value]
            table.add_row(value, str(count), str(selected), f"{selected / count:.1%}")
        out.print(table)


def _window(since: str | None, until: str | None) -> str | None:
    bounds = [
        f"occurred_at {sign} '{time.isoformat()}'"
        for sign, time in ((">=", time_of("--since", since)), ("<", time_of("--until", until)))
        if time is not None
    ]
    return " and ".join(bounds) or None


def _then(selected: Selection | None) -> str:
    if selected is None:
        return "It was not selected."
    return f"It was selected: {', '.join(selected.reasons)}; with probability {selected.propensity:.4f}."


def _now(explanation: Explanation) -> str:
    steered = f"steering {explanation.steering}" if explanation.steering else "no steering yet"
    verdict = ", ".join(explanation.reasons) or "not selected"
    if not explanation.reasons and any(said.selects for said in explanation.said.values()):
        verdict += ", as the budget had no token left"
    return f"Routed again by today's policy, in block {explanation.block} under {steered}: {verdict}."


def _said(explanation: Explanation) -> Table:
    table = Table("reason", "share of the budget", "score", "threshold", "chance", "draw", "verdict")
    for reason, said in explanation.said.items():
        table.add_row(
            reason,
            f"{explanation.mix[reason]:.1%}" if reason in explanation.mix else "-",
            _number(said.score),
            _number(said.threshold),
            f"{said.chance:.4f}",
            f"{said.drawn:.4f}",
            _verdict(said),
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _verdict(said: Said) -> str:
    if said.selects:
        return "selects it"
    return "what is queued is like it" if said.drawn < said.chance else "does not select it"
