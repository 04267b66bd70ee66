"""What an earlier answer means after classes were renamed, merged and split, and which changes are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from labeling.label_space import check_changes, retold, scores_now, translated
from labeling.testing import box
from schemas.errors import InputError
from schemas.guidelines import ClassChange, Definition, Guideline
from schemas.project import LabelSpace

SPACE = ("cat", "dog", "fox")
LABELS = LabelSpace(classes=SPACE)


def change(takes: str, gives: str) -> ClassChange:
    """Return a change from names to names, each list in one string."""
    return ClassChange(takes=tuple(takes.split()), gives=tuple(gives.split()))


def guideline(version: int, *changes: ClassChange, classes: tuple[str, ...] = ()) -> Guideline:
    """Return a version with these changes."""
    definitions = tuple(Definition(name=name) for name in classes)
    return Guideline(version=version, body="Text.", definitions=definitions, changes=changes)


def test_a_label_of_a_renamed_class_means_the_new_name() -> None:
    """Through as many versions as have passed since."""
    versions = [guideline(3, change("feline", "kitty")), guideline(2, change("cat", "feline"))]
    assert translated("cat", 1, versions) == "kitty"
    assert translated("dog", 1, versions) == "dog"


def test_a_label_given_under_a_version_is_not_changed_by_it() -> None:
    """Its labeler had read what the names mean there."""
    assert translated("cat", 2, [guideline(2, change("cat", "feline"))]) == "cat"


def test_labels_of_merged_classes_agree() -> None:
    """Both mean the class that they became."""
    versions = [guideline(2, change("cat dog", "pet"))]
    assert {translated(name, 1, versions) for name in ("cat", "dog")} == {"pet"}


def test_a_label_of_a_split_class_means_nothing_until_somebody_looks_again() -> None:
    """Also where one part keeps the name, or a later version renames it."""
    versions = [guideline(2, change("cat", "cat lynx")), guideline(3, change("cat", "feline"))]
    assert translated("cat", 1, versions) is None
    assert translated("cat", 2, versions) == "feline"


def test_two_classes_may_exchange_their_names() -> None:
    """The changes of a version are made at once."""
    versions = [guideline(2, change("cat", "dog"), change("dog", "cat"))]
    assert (translated("cat", 1, versions), translated("dog", 1, versions)) == ("dog", "cat")


def test_only_renamed_and_merged_classes_are_told_otherwise() -> None:
    """Those of a split are labeled anew."""
    assert retold([change("cat dog", "pet"), change("fox", "fox wolf")]) == {"cat", "dog"}


@given(st.permutations(SPACE), st.lists(st.sampled_from(SPACE), max_size=6))
def test_renaming_loses_no_label(names: list[str], answers: list[str]) -> None:
    """Different answers stay different, equal ones equal."""
    versions = [guideline(2, *(change(old, new) for old, new in zip(SPACE, names, strict=True)))]
    meant = [translated(answer, 1, versions) for answer in answers]
    assert None not in meant
    assert [meant.index(one) for one in meant] == [answers.index(one) for one in answers]


@given(st.data())
def test_after_a_change_that_is_let_through_every_label_means_a_class(
    data: st.DataObject,
) -> None:
    """Or somebody looks again, where the class was split."""
    names = st.sampled_from((*SPACE, "wolf", "lynx"))
    one_sided = st.one_of(
        st.tuples(st.lists(names, min_size=1, max_size=3, unique=True), st.tuples(names)),
        st.tuples(st.tuples(names), st.lists(names, min_size=1, max_size=3, unique=True)),
    )
    changes = [
        ClassChange(takes=tuple(takes), gives=tuple(gives))
        for takes, gives in data.draw(st.lists(one_sided, max_size=3))
    ]
    after = tuple(data.draw(st.lists(names, min_size=2, max_size=5, unique=True)))
    try:
        check_changes(SPACE, after, changes, LABELS)
    except InputError:
        return
    meant = {translated(name, 1, [guideline(2, *changes, classes=after)]) for name in SPACE}
    assert meant <= {*after, None}


@pytest.mark.parametrize(
    ("after", "changes", "said"),
    [
        (("cat", "dog"), [], "labels of 'fox' would mean nothing: define it still, or rename, merge or split it"),
        (("cat", "dog", "fox", "cat"), [], "'cat' is defined twice"),
        (("cat",), [change("dog fox", "cat")], "2 classes at least"),
        (("cat", "dog", "fox"), [change("wolf", "dog")], "'wolf' is no class now: GET /v1/guideline says which are"),
        (("cat", "dog", "fox"), [change("cat", "dog"), change("cat", "fox")], "'cat' is taken by 2 changes"),
        (("cat", "dog", "fox"), [change("cat", "dog")], "'cat' is taken and still defined: leave its definition out"),
        (("cat", "dog"), [change("fox", "wolf")], "'wolf' is given, but not defined: add its definition"),
    ],
)
def test_a_change_that_would_lose_labels_is_refused(
    after: tuple[str, ...], changes: list[ClassChange], said: str
) -> None:
    """Saying of which class, and what to do."""
    with pytest.raises(InputError, match=said):
        check_changes(SPACE, after, changes, LABELS)


@pytest.mark.parametrize(("takes", "gives"), [("a b", "c d"), ("a a", "b"), ("a", "b b")])
def test_a_change_has_one_class_on_one_side_and_names_none_twice(takes: str, gives: str) -> None:
    """Or nobody could say what a label became."""
    with pytest.raises(ValidationError):
        change(takes, gives)


def test_scores_of_a_model_are_told_in_todays_classes() -> None:
    """Whichever version it learned: merged ones add up, those of a split class say nothing of its parts."""
    first = guideline(1, classes=SPACE)
    second = guideline(2, change("cat dog", "pet"), change("fox", "red grey"), classes=("pet", "red", "grey"))
    old = {"cat": 0.5, "dog": 0.25, "fox": 0.25}
    assert scores_now(old, [first, second]) == {"pet": 0.75}
    assert scores_now({"pet": 0.6, "red": 0.4}, [first, second]) == {"pet": 0.6, "red": 0.4}
    assert scores_now(old, [first]) == old


def test_classes_are_told_in_todays_names_within_sets_and_boxes() -> None:
    """In the order of the new names; what was split leaves an answer without a meaning, and texts have no classes."""
    renamed = [guideline(2, change("cat", "tiger"), classes=("tiger", "dog", "fox"))]
    assert translated(("cat", "dog"), 1, renamed) == ("dog", "tiger")
    assert translated((box("cat", 0, 0, 1, 1),), 1, renamed) == (box("tiger", 0, 0, 1, 1),)
    merged = [guideline(2, change("cat dog", "pet"), classes=("pet", "fox"))]
    assert translated(("cat", "dog"), 1, merged) == ("pet",)
    split = [guideline(2, change("cat", "cub tiger"), classes=("cub", "tiger", "dog", "fox"))]
    assert (translated(("cat", "dog"), 1, split), translated(("dog",), 1, split)) == (None, ("dog",))
    assert translated((box("cat", 0, 0, 1, 1), box("dog", 0, 0, 1, 1)), 1, split) is None
    assert (translated((), 1, split), translated("A cat.", 1, [])) == ((), "A cat.")
