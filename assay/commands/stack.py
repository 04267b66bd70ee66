"""`assay up`, `assay down` and `assay status`."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine

from assay.options import ENTER, ProjectFolder, author, out, settings_of
from assay.platform import console_of, platform, storage_of
from assay.platform import prepare as prepare_services
from assay.services import Services, kafka_of, opened
from infra.programs import ProgramStatus
from infra.settings import load_settings
from infra.stack import Stack
from quality.rules import statements
from schemas.answers import AnswerKind
from schemas.errors import AssayError
from schemas.verdicts import Tally
from storage import audits, estimates, queue, receipts, tickets
from storage.database import open_engine
from storage.projects import Project, read_project
from storage.settings import StorageSettings
from streams.settings import Role
from streams.topics import lag

# The window over which `assay status` judges rules that some rows may break: this many frames, the last ones.
RECEIPTS = 1_000


def up(
    *,
    project: ProjectFolder = None,
    example: Annotated[
        bool, typer.Option("--example", help="Publish the project's own simulation, if it had no sample yet.")
    ] = False,
) -> None:
    """Start the platform, or what of it does not run, and leave it running."""
    governed = read_project(settings_of(project).project)
    stack = Stack(load_settings())
    stack.start(platform(stack, governed), on_progress=lambda name, phase: out.print(f"  {name}: {phase}"))
    with opened(governed, storage_of(stack), stack.addresses.kafka_bootstrap) as services:
        if example:
            _play(services)
        ticket = tickets.first(services.engine, governed.config.name, author())
    out.print(f"Running, project {governed.config.name}. `assay status` shows how it does, `assay down` stops it.")
    _show_door(console_of(stack, governed), ticket)


def _play(services: Services) -> None:
    """Publish the project's simulation, where it had no samples."""
    from assay.example import publish_once  # noqa: PLC0415 - a second to import, which no other `up` should wait for

    if published := publish_once(services):
        out.print(published)


def _show_door(url: str, ticket: str | None) -> None:
    """Say where the console is; the first time, with what signs in."""
    if ticket is None:
        out.print(f"The console: {url}")
        out.print("`assay user add NAME` lets somebody in; `assay user ticket NAME` somebody who lost the password.")
        return
    out.print(f"Open this address, which signs you in as {tickets.FIRST}: once, and within an hour.")
    out.print(f"{url}{ENTER}{ticket}", soft_wrap=True, highlight=False)


def prepare(*, project: ProjectFolder = None) -> None:
    """Make tables, topics and guideline on the services that ASSAY_* variables name; `up` does it by itself."""
    settings = settings_of(project)
    governed = read_project(settings.project)
    prepare_services(governed, storage=StorageSettings(), bootstrap=kafka_of(settings))
    out.print(f"Ready for project {governed.config.name}: tables, topics, lake and guideline are there.")


def down() -> None:
    """Stop the platform; its data stays for the next `assay up`."""
    settings = load_settings()
    orphans = Stack(settings).stop()
    out.print(f"Stopped. The data stays in {settings.var}.", soft_wrap=True)
    if orphans:
        out.print(f"{orphans} processes that an earlier accident had left behind were ended too.")


def status(*, project: ProjectFolder = None) -> None:
    """Show the services, what each partition has still to do, the labeling queue, and the last audit."""
    settings = load_settings()
    stack = Stack(settings)
    programs = stack.status()
    out.print(_programs(programs) if programs else f"No stack runs in {settings.var}: `assay up` starts one.")
    if programs:
        at = stack.addresses
        out.print(f"Console and API: {at.api_url}   Kafka: {at.kafka_bootstrap}   Airflow: {at.airflow_page}")
    if not programs and not settings.kafka_bootstrap:
        return
    chosen = settings_of(project)
    governed = read_project(chosen.project)
    out.print(_or_why_not(lambda: _lag(kafka_of(chosen), governed)))
    for told in (partial(_statements, governed), _queue, partial(_method, governed), _audit):
        if shown := _or_why_not(partial(_asked, told, governed.config.name)):
            out.print(shown)


def _programs(programs: list[ProgramStatus]) -> Table:
    table = Table("service", "state", "pid", "up", "restarts", "log")
    for each in programs:
        since = "" if each.uptime_s is None else f"{each.uptime_s:.0f} s"
        table.add_row(each.name, each.state, str(each.pid or ""), since, str(each.restarts), str(each.log))
    return table


def _or_why_not(told: Callable[[], str | Table]) -> str | Table:
    """Return what `told` has to say, or why it cannot: one service that is down must not hide the others."""
    try:
        return told()
    except AssayError as error:
        return str(error)


def _asked(told: Callable[[Engine, str], str], project: str) -> str:
    """Return what `told` reads in the project's database."""
    engine = open_engine(StorageSettings())
    try:
        return told(engine, project)
    finally:
        engine.dispose()


def _lag(bootstrap: str, project: Project) -> Table:
    topics, name = project.topics, project.config.name
    table = Table("topic", "read by", "records still to read, by partition")
    for role, topic in [(Role.SCREEN, topics.samples), *((Role.KEEP, topic) for topic in topics.kept)]:
        behind = lag(bootstrap, f"{name}-{role}", topic)
        table.add_row(topic, f"worker-{role}", "  ".join(str(count) for _, count in sorted(behind.items())))
    return table


def _statements(governed: Project, engine: Engine, _: str) -> str:
    """Return whether rules that allow some rows to break them hold, in the words of the last receipts."""
    window = receipts.window(engine, governed.topics.samples, RECEIPTS)
    lines = [
        f"{one.type} on {', '.join(one.columns)}: {_kept(one.tally)}, {one.mostly:.1%} wanted: "
        f"{'holds' if one.holds else 'BROKEN'} ({one.severity})."
        for one in statements(governed.rules, window)
    ]
    return "\n".join([f"Rules that some rows may break, over the last {RECEIPTS} frames:", *lines]) if lines else ""


def _kept(tally: Tally) -> str:
    kept = tally.judged - tally.unexpected
    return f"{kept} of {tally.judged} rows keep it ({kept / tally.judged:.1%})" if tally.judged else "no row judged yet"


def _queue(engine: Engine, project: str) -> str:
    depths = queue.depths(engine, project)
    return (
        f"Labeling queue: {depths.open} open ({depths.leased} leased), {depths.settled} settled, {depths.expert} set "
        "aside for an expert: a lead settles them (POST /v1/adjudications)."
    )


def _method(governed: Project, engine: Engine, _: str) -> str:
    if governed.config.labels.kind is not AnswerKind.CLASSIFICATION:
        return ""
    found = estimates.method(engine, governed.config)
    if found is None:
        return "Consensus: by one coin, until labelers gave enough to be told apart."
    why = {"project": "as the project says", "gold": "by gold's choice", "default": "by default, for want of gold"}
    return (
        f"Consensus: by {found.method}, {why[found.chosen_by]} ({found.gold} gold tasks); estimate {found.estimate}, "
        f"of {found.votes} votes by {found.labelers} labelers."
    )


def _audit(engine: Engine, project: str) -> str:
    last = audits.last(engine, project)
    if last is None:
        return "Never audited: `assay audit` proves that nothing was lost."
    at, report = last
    return f"Last audit {at:%Y-%m-%d %H:%M:%S %Z}: {'ok' if report.ok else f'{len(report.faults)} laws broken'}."
