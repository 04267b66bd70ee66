"""The pipeline: how many samples reached each stage, where the others went, and why."""

from collections.abc import Sequence

from markupsafe import Markup

from console.access import may
from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import bar, moment
from schemas.roles import Permission
from storage.pipeline import Pipeline

# What is said of a number: its name, itself, and where one sees more of it.
Gone = tuple[str, int, str | None]


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/pipeline", "Pipeline")
    async def pipeline(visit: Visit) -> None:
        async def shown() -> Markup:
            return drawn(await visit.desk.overview.pipeline.latest(), looks_into=may(visit.labeler, Permission.SAMPLES))

        visit.live(shown)


def drawn(flow: Pipeline, *, looks_into: bool) -> Markup:
    """Return the stages below each other, each with what left the way there."""
    tasks, whole = flow.tasks, max(flow.produced, 1)
    letters = "/dead-letters" if looks_into else None
    causes: list[Gone] = [(cause, number, None) for cause, number in sorted(flow.excluded.items()) if number]
    version = f"version {flow.version}" if flow.version else "nothing yet"
    rejected: Gone = ("rejected", flow.rejected, letters)
    passed_over: Gone = ("archived only", max(0, flow.accepted - flow.selected), None)
    waiting: list[Gone] = [("open", tasks.open, "/queue"), ("for an expert", tasks.expert, "/queue")]
    passed = "passed the contract and every critical rule"
    stages = [
        _stage("Produced", flow.produced, whole, means="screened so far"),
        _stage("Accepted", flow.accepted, whole, means=passed, gone=[rejected, ("duplicate", flow.duplicate, None)]),
        _stage("Selected", flow.selected, whole, means="worth a label, within the budget", gone=[passed_over]),
        _stage("Settled", tasks.settled, whole, means=f"by {flow.labels:,} labels", gone=waiting),
        _stage("Released", flow.released, whole, means=version, gone=causes, link="/datasets"),
    ]
    when = [" Last receipt at ", moment(flow.screened_at), " UTC."] if flow.screened_at else " No receipt yet."
    note = tag(
        "p", "As the stages' own accounts say; ", tag("code", "assay audit"), " proves them.", when, class_="note"
    )
    return tag("ol", stages, class_="stages") + note


def _stage(
    name: str, number: int, whole: int, *, means: str, gone: Sequence[Gone] = (), link: str | None = None
) -> Markup:
    head = [tag("h2", tag("a", name, href=link) if link else name), tag("p", means, class_="note")]
    reached = [tag("p", f"{number:,}", class_="number large"), bar(min(1.0, number / whole))]
    left: Content = [tag("h3", "Left here"), tag("ul", [_gone(*one) for one in gone])] if gone else None
    return tag("li", [tag("div", head), tag("div", reached), tag("div", left, class_="gone")])


def _gone(name: str, number: int, link: str | None) -> Markup:
    said = join([tag("span", f"{number:,}", class_="number"), " ", name])
    return tag("li", tag("a", said, href=link) if link else said)
