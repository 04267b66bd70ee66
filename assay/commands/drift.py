"""`assay drift`."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table

from assay.options import ProjectFolder, out, settings_of
from assay.services import open_services
from quality.columns import kinds, payload_of
from quality.drift.baseline import LEAST_WINDOWS
from quality.sketches.window import Slice
from schemas.drift import DriftPolicy
from schemas.errors import InputError
from schemas.routing import Quota
from schemas.samples import Attribute
from storage import steering
from storage.drift import Checked, JudgedWindow
from storage.drift import check as check_stream
from storage.drift_actions import COLLECTED, about, actions, asked, changed
from storage.drift_alarms import DriftAlarm, alarm
from storage.drift_alarms import alarms as alarms_of
from storage.projects import Project

TIME = "%Y-%m-%d %H:%M"


def check(*, project: ProjectFolder = None) -> None:
    """Judge what came since the last check now, as the stream's keeper does by itself, and say what was judged."""
    with open_services(settings_of(project)) as services:
        config = services.project.config
        found = check_stream(services.engine, config)
    if found.windows:
        table = Table("window", "from", "to", "accepted", "held against", "alarm")
        for one in found.windows:
            told = (f"{one.earliest:{TIME}}", f"{one.latest:{TIME}}", str(one.records), _against(one))
            table.add_row(str(one.number), *told, " ".join(map(str, one.raised)) or "-")
        out.print(table)
    for number in found.settled:
        out.print(f"Alarm {number} was settled: `assay drift show {number}` says by what.")
    out.print(_waits(found, config.drift), soft_wrap=True)


def alarms(*, project: ProjectFolder = None) -> None:
    """List alarms of drift, newest first: what moved, by how much, whose doing it is, and what may be done."""
    with open_services(settings_of(project)) as services:
        found = alarms_of(services.engine, services.project.config.name)
    if not found:
        out.print("No alarm was raised yet: `assay drift check` says how much of the stream was judged.")
        return
    for one in found:
        for line in _told(one):
            out.print(line, soft_wrap=True)


def show(
    number: Annotated[int, typer.Argument(help="The number of an alarm, as `assay drift alarms` lists them.")],
    *,
    project: ProjectFolder = None,
) -> None:
    """Show an alarm with its receipt: what it was held against, what was bought to confirm it, and what that said."""
    with open_services(settings_of(project)) as services:
        found = alarm(services.engine, services.project.config.name, number)
    for line in _told(found):
        out.print(line, soft_wrap=True)
    out.print(json.dumps({"measures": found.measures, **found.receipt}, indent=2), soft_wrap=True)


def collect(
    number: Annotated[int, typer.Argument(help="The number of an alarm of one slice.")],
    *,
    want: Annotated[int, typer.Option(min=1, help="How many labels of the slice are to be collected.")] = COLLECTED,
    project: ProjectFolder = None,
) -> None:
    """Have routing collect labels of the slice of an alarm, until the next model asks for others."""
    with open_services(settings_of(project)) as services:
        name = services.project.config.name
        found = alarm(services.engine, name, number)
        if found.of is None:
            raise InputError(
                f"Alarm {number} is of all samples, of which routing collects labels anyway: raise the budget of "
                "[routing] in project.toml to have more."
            )
        quota = Quota(column=found.of.column, value=_typed(services.project, found.of), want=want)
        told = steering.want(services.engine, name, quota)
    slice_name = f"{quota.column} = {quota.value}"
    if told is None:
        raise InputError(
            clean(f"A quota of {slice_name} is asked for already: `assay slices show` says how far it is.")
        )
    out.print(clean(f"Routing collects {want} labels of {slice_name}, from its next blocks on."), soft_wrap=True)


def _typed(project: Project, of: Slice) -> Attribute:
    """Return a slice's value as the contract has it: sketches name all by texts, and to the ledger 1 is not "1"."""
    found = kinds(of.column, payload_of(project.samples[project.config.contract.current]))
    if found == {"boolean"}:
        return of.value == str(True)
    if found in ({"integer"}, {"number"}):
        return int(of.value) if found == {"integer"} else float(of.value)
    return of.value


def _against(one: JudgedWindow) -> str:
    if not one.baseline:
        return "nothing yet"
    return f"{one.baseline} windows" if not one.version else f"{one.baseline} windows of version {one.version}"


def _waits(found: Checked, policy: DriftPolicy) -> str:
    waits = found.waiting
    minutes = waits.time.total_seconds() / 60
    told = (
        f"{waits.records} accepted samples over {minutes:.1f} minutes wait for the next window, "
        f"which takes {policy.records} and {policy.minutes:g}: records and minutes of [drift] say so."
    )
    if found.windows and not found.windows[-1].baseline:
        return f"{told} Alarms may be raised once {LEAST_WINDOWS} windows have been kept to hold others against."
    return told


def _told(one: DriftAlarm) -> Iterator[str]:
    """Yield an alarm, line by line."""
    when = f"in windows {one.first} to {one.last}, {one.since:{TIME}} to {one.until:{TIME}}"
    yield clean(f"Alarm {one.alarm_id}, {one.state}: {about(one)}")
    yield f"  changed   by {changed(one)}, p = {one.p_value:.2g}, {when}"
    yield f"  cause     {one.cause}"
    yield f"  labels    {asked(one)}"
    for each in actions(one):
        yield clean(f"  {each.name:9} {each.how} ({each.why})")


def clean(text: str) -> str:
    """Return a line in which names from the stream cannot steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
