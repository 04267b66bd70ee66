"""One sample's whole life."""

import asyncio
from collections.abc import Iterator

from markupsafe import Markup
from nicegui import ui

from console.markup import Content, join, tag
from console.media import media_of_sample
from console.pages.house import House, Visit
from console.pages.parts import moment, percent
from console.rendering.drawing import Drawing
from console.rendering.text import visible
from schemas.answers import Answer, plain_of
from schemas.errors import InputError
from schemas.roles import Permission
from storage.feedback import Heard
from storage.lives import Asked, Life, Said, life


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/sample", "A sample's life", Permission.SAMPLES)
    async def sample(visit: Visit) -> None:
        sought = visit.request.query_params.get("id", "")
        ui.html(_form(sought), sanitize=False)
        if sought:
            ui.html(await asyncio.to_thread(_life, visit, sought), sanitize=False)


def _form(sought: str) -> Markup:
    field = tag("input", id="sample-id", name="id", value=sought, required=True, autocomplete="off")
    label = tag("label", "The id that its producer gave it", for_="sample-id")
    return tag(
        "form", label, tag("div", field, tag("button", "Look up")), method="get", action="/sample", class_="seek"
    )


def _life(visit: Visit, sought: str) -> Markup:
    desk = visit.desk
    try:
        return drawn(life(desk.lake, desk.engine, desk.storage, desk.project.name, sought), desk.drawing)
    except InputError as error:
        return tag("p", str(error), class_="problem")


def drawn(found: Life, drawing: Drawing) -> Markup:
    """Return the sample beside what became of it, in the order in which it did."""
    media = None if found.sample.get("media") is None else media_of_sample(str(found.sample["sample_id"]))
    picture = tag("div", tag("div", drawing.draw(found.sample["payload"], media), class_="paper"), class_="sample")
    steps = tag("ol", [tag("li", step) for step in _steps(found)], class_="timeline")
    return tag("div", [steps, picture], class_="desk")


def _steps(found: Life) -> Iterator[Content]:
    origin, sample = found.origin, found.sample
    place = f"{origin.topic}, partition {origin.partition}, offset {origin.offset}"
    yield [tag("h2", "Produced"), tag("p", f"at {place}, by ", visible(str(sample["source"])))]
    warned = [tag("p", "Warned: ", visible(f"{one.rule} at {one.where}: {one.seen}")) for one in found.warnings]
    yield [tag("h2", "Accepted"), tag("p", f"under contract {sample['contract']}"), warned]
    for heard in found.feedback:
        yield _heard(heard)
    if found.task is None:
        yield [tag("h2", "Not selected"), tag("p", "It stands in the archive; nobody was asked for a label.")]
        return
    yield from _asked(found.task)
    for held in found.versions:
        link = tag("a", f"version {held.version}", href=f"/datasets/{held.version}")
        yield [tag("h2", "Released"), tag("p", "in ", link, f", split {held.split}, as ", answer(held.label))]


def _asked(task: Asked) -> Iterator[Content]:
    chosen = task.selection
    scores = ", ".join(f"{name} {score:.3f}" for name, score in chosen.scores.items())
    why = f"for {', '.join(chosen.reasons)}; scores {scores}; with probability {chosen.propensity:.4f}"
    yield [
        tag("h2", "Selected"),
        tag("p", why),
        tag("p", moment(task.created_at), f" as task {task.task_id}", class_="note"),
    ]
    for said in task.labels:
        yield _said(said)
    if task.consensus is not None:
        met = task.consensus
        told = [
            answer(met.answer),
            f", confidence {percent(met.confidence)}, by {met.method}, guideline {met.guideline}",
        ]
        yield [tag("h2", f"Consensus: {task.status}"), tag("p", told), tag("p", moment(met.updated_at), class_="note")]


def _heard(heard: Heard) -> Content:
    right = [", right would be ", visible(str(heard.answer))] if heard.answer is not None else None
    note = tag("p", visible(heard.note)) if heard.note else None
    return [
        tag("h2", "Feedback: ", heard.kind),
        tag("p", "from ", visible(heard.source), right, f"; {heard.status}"),
        note,
        tag("p", moment(heard.occurred_at), class_="note"),
    ]


def _said(said: Said) -> Content:
    who = (
        f" by {said.labeler}{' (simulated)' if said.simulated else ''}, guideline {said.guideline}, for {said.purpose}"
    )
    taken = ["; taken back at ", moment(said.retracted_at)] if said.retracted_at else None
    return [
        tag("h2", "Labeled ", answer(said.answer)),
        tag("p", who),
        tag("p", moment(said.labeled_at), taken, class_="note"),
    ]


def answer(given: Answer) -> Markup:
    """Return an answer of any kind as text."""
    plain = plain_of(given)
    return visible(plain if isinstance(plain, str) else join([str(plain)]))
