"""What the fields of the guideline's editor come to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.editing import Becomes, Edited, EditedClass, drafted, says_nothing_new, written
from schemas.errors import InputError
from schemas.guidelines import ClassChange, Definition, Example, Guideline

NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
NOTES = st.text(st.characters(categories=["L", "N", "P"]), max_size=20)
EXAMPLES = st.lists(
    st.builds(Example, task_id=st.integers(1, 10**12), note=NOTES.map(lambda note: f"n{note}")), max_size=3
)


def edited(*classes: tuple[str | None, str], **fields: object) -> Edited:
    """Return fields of an editor with classes, as (what was, names of what it becomes)."""
    parts = [EditedClass(was=was, becomes=[Becomes(name=name) for name in names.split("/")]) for was, names in classes]
    return Edited.model_validate({"base": 1, "body": "Text.", "classes": parts, **fields})


@given(st.dictionaries(NAMES, EXAMPLES, min_size=1, max_size=4))
def test_what_nobody_changed_says_nothing_new(classes: dict[str, list[Example]]) -> None:
    """Whatever the definitions hold, the fields that show them come to the same ones."""
    definitions = tuple(Definition(name=name, text="t", examples=tuple(one)) for name, one in classes.items())
    fields = [
        EditedClass(was=one.name, becomes=[Becomes(name=one.name, text="t", examples=written(one.examples))])
        for one in definitions
    ]
    draft = drafted(Edited(base=1, body="b", classes=fields))
    assert says_nothing_new(draft, Guideline(version=1, body="b", definitions=definitions))


def test_names_say_what_became_of_classes() -> None:
    """Another name renames, the same for two merges, several split; a new class changes none."""
    draft = drafted(edited(("a", "b"), ("c", "d"), ("e", "d"), ("f", "g/h"), ("i", "i"), (None, "j")))
    assert set(draft.changes) == {
        ClassChange(takes=("a",), gives=("b",)),
        ClassChange(takes=("c", "e"), gives=("d",)),
        ClassChange(takes=("f",), gives=("g", "h")),
    }
    assert [one.name for one in draft.definitions] == ["b", "d", "g", "h", "i", "j"]


def test_a_class_may_be_merged_into_one_that_stays() -> None:
    """Both are taken by the change; what was said of either is kept."""
    draft = drafted(edited(("a", "a"), ("b", "a")))
    assert draft.changes == (ClassChange(takes=("a", "b"), gives=("a",)),)


def test_an_empty_pair_is_none_and_tasks_come_a_line_each() -> None:
    """With or without a mark before their number."""
    draft = drafted(edited(("a", "a"), settles=[("", " "), ("a", "b")], reopens="12\n\n#13: blurred\n"))
    assert (draft.settles, draft.reopens) == ((("a", "b"),), (12, 13))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"reopens": "x"}, "Line 1 of the tasks to label anew"), ({"settles": [("a", "\x00")]}, "control characters")],
)
def test_what_cannot_be_read_is_said(wrong: dict[str, object], said: str) -> None:
    """With the line, or what is wrong about the name."""
    with pytest.raises(InputError, match=said):
        drafted(edited(("a", "a"), **wrong))
