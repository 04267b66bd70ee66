"""`assay up`, `assay down` and `assay status`."""

from collections.abc import Callable

from rich.markup import escape
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of
from assay.platform import platform
from assay.platform import prepare as prepare_services
from assay.services import Services, kafka_of, open_services
from infra.programs import ProgramStatus
from infra.settings import load_settings
from infra.stack import Stack
from schemas.errors import AssayError
from storage import audits, queue
from storage.projects import read_project
from storage.settings import StorageSettings
from streams.settings import Role
from streams.topics import lag


def up(*, project: ProjectFolder = None) -> None:
    """Start the platform, or what of it does not run, and leave it running."""
    governed = read_project(settings_of(project).project)
    stack = Stack(load_settings())
    stack.start(platform(stack, governed), on_progress=lambda name, phase: out.print(f"  {name}: {phase}"))
    out.print(f"Running, project {governed.config.name}. API: {stack.addresses.api_url}")
    out.print(f"Kafka: {stack.addresses.kafka_bootstrap}   Airflow: {stack.addresses.airflow_url}")
    out.print("`assay status` shows how it does, `assay down` stops it; data stays.")


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
    programs = Stack(settings).status()
    out.print(_programs(programs) if programs else f"No stack runs in {settings.var}: `assay up` starts one.")
    if not programs and not settings.kafka_bootstrap:
        return
    with open_services(settings_of(project)) as services:
        for told in (_lag, _queue, _audit):
            out.print(_or_why_not(told, services))


def _programs(programs: list[ProgramStatus]) -> Table:
    table = Table("service", "state", "pid", "up", "restarts", "log")
    for each in programs:
        since = "" if each.uptime_s is None else f"{each.uptime_s:.0f} s"
        table.add_row(each.name, each.state, str(each.pid or ""), since, str(each.restarts), escape(str(each.log)))
    return table


Told = Callable[[Services], str | Table]


def _or_why_not(told: Told, services: Services) -> str | Table:
    """Return what `told` has to say, or why it cannot: one service that is down must not hide the others."""
    try:
        return told(services)
    except AssayError as error:
        return escape(str(error))


def _lag(services: Services) -> Table:
    topics, name = services.project.topics, services.project.config.name
    table = Table("topic", "read by", "records still to read, by partition")
    for role, topic in [(Role.SCREEN, topics.samples), *((Role.KEEP, topic) for topic in topics.kept)]:
        behind = lag(services.bootstrap, f"{name}-{role}", topic)
        table.add_row(topic, f"worker-{role}", "  ".join(str(count) for _, count in sorted(behind.items())))
    return table


def _queue(services: Services) -> str:
    depths = queue.depths(services.engine, services.project.config.name)
    return (
        f"Labeling queue: {depths.open} open ({depths.leased} leased), {depths.settled} settled, "
        f"{depths.expert} for an expert."
    )


def _audit(services: Services) -> str:
    last = audits.last(services.engine, services.project.config.name)
    if last is None:
        return "Never audited: `assay audit` proves that nothing was lost."
    at, report = last
    return f"Last audit {at:%Y-%m-%d %H:%M:%S %Z}: {'ok' if report.ok else f'{len(report.faults)} laws broken'}."
