"""What the pages of leads draw: numbers as text beside every colour, and whatever came from outside escaped."""

from console.markup import tag
from console.pages import agreement
from labeling.concord import concord
from labeling.kinds import kind_of
from schemas.labels import Vote
from schemas.project import LabelSpace

HOSTILE = "<b onclick=x>\u202e"
KIND = kind_of(LabelSpace(classes=("cat", HOSTILE)))
VOTES = {
    task: [Vote(labeler="one", answer="cat"), Vote(labeler="two", answer=answer)]
    for task, answer in enumerate(["cat", "cat", "cat", HOSTILE])
}


def test_the_heat_map_is_a_table_with_headers_and_numbers() -> None:
    """Colour only supports: each cell has its number, each row and column its class."""
    drawn = agreement.drawn(concord(KIND, VOTES, {}))
    assert '<th scope="row">cat</th><td style="--heat:50%" title="of 4 that got either class">1</td>' in drawn
    assert '<td class="alone" title="of 4 that got the class">3</td>' in drawn


def test_hostile_classes_and_slices_are_text() -> None:
    """Nothing that somebody named becomes markup, or turns the direction of what stands beside it."""
    sliced = {task: {HOSTILE: f"{HOSTILE}{task % 2}"} for task in range(40)}
    votes = {task: VOTES[task % 4] for task in range(40)}
    drawn = agreement.drawn(concord(KIND, votes, sliced))
    assert "<b" not in drawn
    assert "\u202e" not in drawn
    assert "U+202E" in drawn


def test_where_nothing_can_be_compared_the_page_says_so() -> None:
    """One answer a task says nothing of agreement."""
    assert "No task has two answers" in agreement.drawn(concord(KIND, {1: VOTES[0][:1]}, {}))


def test_shapes_of_a_drawing_stand_beside_each_other() -> None:
    """One that is not closed would take the next one in, and no browser draws that."""
    assert tag("svg", tag("path", d="M0 0"), tag("line", x1=0)) == '<svg><path d="M0 0"/><line x1="0"/></svg>'
