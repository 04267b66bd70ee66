"""`assay replay`."""

from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of, time_of
from assay.services import open_services
from quality.forecast import Choice, Forecast
from quality.replay import MOST_REPLAYS
from storage.dead_letters import ReplayReport
from streams.replay import Replaying

# So many dead letters that may not be replayed are named.
NAMED = 5


def replay(
    *,
    rule: Annotated[
        str | None, typer.Option(help="Dead letters that broke this rule, by the violation's name.")
    ] = None,
    contract: Annotated[int | None, typer.Option(help="Records that name this contract version.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Records of this source; of those that cannot be read the key counts.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Records that Kafka dates so or later, such as 2026-01-31 or 2026-01-31T12:00Z.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(help="Records that Kafka dates earlier; without a zone it is UTC.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many dead letters.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what today's rules would do with them, and change nothing.")
    ] = False,
    project: ProjectFolder = None,
) -> None:
    """Publish dead letters again, each once, and show what today's rules do with them; all of them, or those chosen."""
    choice = Choice(
        rule=rule, contract=contract, source=source, since=time_of("--since", since), until=time_of("--until", until)
    )
    with open_services(settings_of(project)) as services:
        replaying = Replaying(
            project=services.project, bootstrap=services.bootstrap, engine=services.engine, lake=services.lake
        )
        report = (replaying.foretell if dry_run else replaying.run)(choice, limit)
    if report.due:
        out.print(_table(report.forecast))
    for line in told(report, dry_run=dry_run):
        out.print(line, soft_wrap=True, markup=False)


def _table(forecast: Forecast) -> Table:
    table = Table("rule broken then", "what today's rules say", "dead letters")
    for (before, now), count in sorted(forecast.by_rule.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(before, now, str(count))
    return table


def told(report: ReplayReport, *, dry_run: bool) -> list[str]:
    """Return in words what was done, or would be, and what to do next."""
    forecast = report.forecast
    lines = [
        f"Of {report.due} dead letters today's rules would accept {forecast.accepted} and reject {forecast.rejected}. "
        "What repeats an accepted sample becomes a duplicate, which only the stream can tell."
        if report.due
        else "No dead letter to replay."
    ]
    if report.replayed_before:
        lines.append(f"{report.replayed_before} more were replayed before, and are left alone.")
    if report.spent:
        first = ", ".join(f"{place.partition}-{place.offset}" for place in report.spent[:NAMED])
        lines.append(
            f"{len(report.spent)} more were replayed {MOST_REPLAYS} times and rejected each time, and are left alone: "
            f"mend them where they are produced. By partition and offset, first: {first}."
        )
    if report.doubtful:
        lines.append(
            f"{report.doubtful} replays of a run that was cut off are in doubt, because Kafka has removed the records "
            "of that time; they are not published again. Whether they arrived is told by `replay_of` in the lake."
        )
    return [*lines, _next(report, dry_run=dry_run)]


def _next(report: ReplayReport, *, dry_run: bool) -> str:
    if dry_run:
        return "Nothing was published or written." + (" Without --dry-run they are replayed." if report.due else "")
    if not report.published:
        return "Nothing was published."
    return (
        f"Published {report.published} records to {report.topic}, confirmed by the broker. "
        "`assay audit` says what became of them."
    )
