"""The commands of `assay`, by name."""

import typer

from assay.commands import (
    contract,
    dataset,
    drift,
    guideline,
    label_studio,
    labeler,
    lake,
    project,
    replay,
    routing,
    samples,
    slices,
    stack,
    suggest,
    trace,
    trail,
    user,
)
from assay.demo.command import demo


def _group(text: str) -> typer.Typer:
    return typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)


app = typer.Typer(
    name="assay",
    help="Turn a stream of production samples into consistently labeled, versioned datasets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(stack.prepare)
app.command()(samples.produce)
app.command()(samples.audit)
app.command()(replay.replay)
app.command()(suggest.suggest)
app.command()(trail.trail)
app.command()(trace.trace)
app.command()(demo)

projects = _group("Look at project folders.")
projects.command("check")(project.check)
app.add_typer(projects, name="project")

contracts = _group("Look at a project's contract versions, and publish them.")
contracts.command("diff")(contract.diff)
contracts.command("export")(contract.export)
app.add_typer(contracts, name="contract")

datasets = _group("Build dataset versions, look at them, and verify them.")
datasets.command("build")(dataset.build)
datasets.command("list")(dataset.list_versions)
datasets.command("show")(dataset.show)
datasets.command("diff")(dataset.diff)
datasets.command("verify")(dataset.verify)
datasets.command("export")(dataset.export)
datasets.command("promoted")(dataset.promoted)
app.add_typer(datasets, name="dataset")

routes = _group("Look at which samples labelers get, and why.")
routes.command("explain")(routing.explain)
routes.command("simulate")(routing.simulate)
app.add_typer(routes, name="routing")

sliced = _group("Look at slices of the stream: where the model fails, and what is done about it.")
sliced.command("find")(slices.find)
sliced.command("add")(slices.add)
sliced.command("show")(slices.show)
app.add_typer(sliced, name="slices")

drifts = _group("Look at whether the stream still is what the model was trained on.")
drifts.command("check")(drift.check)
drifts.command("alarms")(drift.alarms)
drifts.command("show")(drift.show)
drifts.command("collect")(drift.collect)
app.add_typer(drifts, name="drift")

guides = _group("Look at what the classes mean, and what changes of that did.")
guides.command("show")(guideline.show)
guides.command("diff")(guideline.diff)
guides.command("effect")(guideline.effect)
app.add_typer(guides, name="guideline")

labelers = _group("Say which programs and simulations may label, by token.")
labelers.command("add")(labeler.add)
labelers.command("token")(labeler.token)
app.add_typer(labelers, name="labeler")

users = _group("Say who may sign in, and as what.")
users.command("add")(user.add)
users.command("list")(user.list_users)
users.command("password")(user.password)
users.command("ticket")(user.ticket)
users.command("role")(user.role)
users.command("disable")(user.disable)
users.command("enable")(user.enable)
app.add_typer(users, name="user")

studios = _group("Have people label in Label Studio.")
studios.command("push")(label_studio.push)
studios.command("sweep")(label_studio.sweep)
studios.command("link")(label_studio.link)
studios.command("status")(label_studio.status)
app.add_typer(studios, name="label-studio")

lakes = _group("Look after the lake.")
lakes.command("compact")(lake.compact)
app.add_typer(lakes, name="lake")
