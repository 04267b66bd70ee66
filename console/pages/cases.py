"""Tasks drawn small, each with what labelers said of it."""

from collections import Counter
from collections.abc import Iterable
from urllib.parse import quote

from markupsafe import Markup

from console.markup import Content, tag
from console.media import media_of_sample
from console.pages.sample import answer
from console.rendering.drawing import Drawing
from schemas.labels import Vote
from storage.cases import Case


def gallery(cases: Iterable[Case], drawing: Drawing) -> Markup:
    """Return the tasks beside each other, each a link to its whole life."""
    return tag("ul", [tag("li", _case(one, drawing)) for one in cases], class_="gallery")


def _case(one: Case, drawing: Drawing) -> Content:
    picture = tag("div", picture_of(one, drawing), class_="small-sample")
    name = f"Task {one.task_id}"
    life = tag("a", name, href=f"/sample?id={quote(one.sample_id, safe='')}", title="Its whole life")
    return [picture, tag("p", life, class_="note"), tag("ul", said(one.votes), class_="said-of")]


def picture_of(one: Case, drawing: Drawing) -> Markup:
    """Return a task's sample as it is drawn."""
    return drawing.draw(one.payload, None if one.media is None else media_of_sample(one.sample_id))


def said(votes: Iterable[Vote]) -> list[Markup]:
    """Return each answer with how many gave it, the most frequent first."""
    counted = Counter(vote.answer for vote in votes)
    return [
        tag("li", tag("span", answer(given), dir="auto"), tag("small", f" by {times}"))
        for given, times in counted.most_common()
    ]
