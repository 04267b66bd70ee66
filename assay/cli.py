"""The commands of `assay`, by name."""

import typer

from assay.commands import dataset, labeler, project, samples, stack
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
app.command()(demo)

projects = _group("Look at project folders.")
projects.command("check")(project.check)
app.add_typer(projects, name="project")

datasets = _group("Look at published dataset versions.")
datasets.command("list")(dataset.list_versions)
datasets.command("show")(dataset.show)
app.add_typer(datasets, name="dataset")

labelers = _group("Say who may label.")
labelers.command("add")(labeler.add)
app.add_typer(labelers, name="labeler")
