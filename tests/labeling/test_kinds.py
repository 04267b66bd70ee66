"""The kinds of labels: what may be answered, what several answers come to, and when one is right."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from labeling.consensus.several import several_consensus
from labeling.kinds import Asked, Kind, kind_of
from labeling.testing import box, boxes
from schemas.answers import FARTHEST, LONGEST_TEXT, MOST_BOXES, Answer, answer_of, plain_of
from schemas.boxes import Box
from schemas.errors import InputError
from schemas.labels import Consensus, Vote
from schemas.project import LabelSpace

CLASSES = ("crack", "hole", "stain")
ONE = kind_of(LabelSpace(classes=CLASSES))
SOME = kind_of(LabelSpace(kind="multilabel", classes=CLASSES))  # type: ignore[arg-type]
NONE_TOO = kind_of(LabelSpace(kind="multilabel", classes=CLASSES, empty=True))  # type: ignore[arg-type]
BOXES = kind_of(LabelSpace(kind="boxes", classes=CLASSES))  # type: ignore[arg-type]
TEXT = kind_of(LabelSpace(kind="text"))  # type: ignore[arg-type]
KINDS = (ONE, NONE_TOO, BOXES, TEXT)
WHOLE = {"name": "hole", "left": 0, "top": 0, "right": 10, "bottom": 10}

sets = st.lists(st.sampled_from(CLASSES), unique=True)
# Sound answers of each kind, as JSON.
plains: dict[Kind, st.SearchStrategy[Any]] = {
    ONE: st.sampled_from(CLASSES),
    NONE_TOO: sets,
    BOXES: st.lists(boxes.map(lambda each: each.model_dump()), max_size=4),
    TEXT: st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1).filter(str.strip),
}


def concluded(kind: Kind, *answers: JsonValue, accuracy: float = 0.8) -> Consensus:
    """Return what these answers come to, one a labeler."""
    votes = [Vote(labeler=f"l{place}", answer=kind.read(each, CLASSES)) for place, each in enumerate(answers)]
    return kind.conclude(votes, Asked(classes=CLASSES, choices=len(CLASSES), accuracy=accuracy, guideline=1))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(data=st.data())
def test_an_answer_is_read_to_one_form_that_json_keeps(kind: Kind, data: st.DataObject) -> None:
    """Reading it again changes nothing, in whatever order its parts come, and however often."""
    plain = data.draw(plains[kind])
    answer = kind.read(plain, CLASSES)
    assert kind.read(plain_of(answer), CLASSES) == answer
    assert answer_of(json.loads(json.dumps(plain_of(answer)))) == answer
    assert kind.counts(answer, CLASSES)
    assert hash(answer) == hash(answer_of(plain_of(answer)))
    if isinstance(plain, list):
        assert kind.read(data.draw(st.permutations(plain)), CLASSES) == answer


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(data=st.data())
def test_a_consensus_is_an_answer_and_no_matter_of_order(kind: Kind, data: st.DataObject) -> None:
    """Its confidence is a probability, or a share; what all say alike is the answer."""
    given_answers = data.draw(st.lists(plains[kind], min_size=1, max_size=4))
    found = concluded(kind, *given_answers)
    assert 0 <= found.confidence <= 1
    assert kind.counts(found.answer, CLASSES)
    votes = data.draw(st.permutations(found.votes))
    asked = Asked(classes=CLASSES, choices=len(CLASSES), accuracy=0.8, guideline=1)
    again = kind.conclude(votes, asked)
    assert (again.answer, again.votes) == (found.answer, found.votes)
    assert again.confidence == pytest.approx(found.confidence)
    alike = concluded(kind, given_answers[0], given_answers[0])
    assert kind.same(alike.answer, kind.read(given_answers[0], CLASSES))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: type(kind).__name__)
@given(
    plain=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(CLASSES),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["name", "left", "top", "right", "bottom", "x"]), inner, max_size=6)
        ),
        max_leaves=12,
    )
)
def test_whatever_json_says_is_an_answer_or_refused(kind: Kind, plain: Any) -> None:
    """Never a fault of ours, and never an answer that would not count."""
    try:
        answer = kind.read(plain, CLASSES)
    except InputError:
        return
    assert kind.counts(answer, CLASSES)


@pytest.mark.parametrize(
    ("kind", "plain", "said"),
    [
        (ONE, "wolf", "'wolf' is no class: answer one of crack, hole, stain"),
        (ONE, ["hole"], "give the name of a class"),
        (SOME, "hole", "no list of classes"),
        (SOME, [], "list at least one of"),
        (SOME, ["wolf"], "'wolf' is no class"),
        (SOME, ["\ud800"], "'\\\\ud800' is no class"),
        (SOME, [1], "no text"),
        (SOME, ["hole"] * 4, "each once"),
        (BOXES, "hole", "no list of boxes"),
        (BOXES, [WHOLE, "hole"], "Box 2 is none"),
        (BOXES, [{**WHOLE, "name": "wolf"}], "'wolf' is no class"),
        (BOXES, [{**WHOLE, "right": 0}], "Box 1 is none: a box has its left before its right"),
        (BOXES, [{**WHOLE, "right": 0.0004}], "Box 1 is none: a box has its left before its right"),
        (BOXES, [{**WHOLE, "right": "10"}], "right: Input should be a valid number"),
        (BOXES, [{**WHOLE, "right": True}], "right: Input should be a valid number"),
        (BOXES, [{**WHOLE, "right": float("nan")}], "finite"),
        (BOXES, [{**WHOLE, "left": -1e308, "right": 1e308}], "area that a number can hold"),
        (BOXES, [{**WHOLE, "right": 10**400}], "right: Input should be a valid number"),
        (BOXES, [{**WHOLE, "right": FARTHEST + 1}], "pixels away"),
        (BOXES, [{**WHOLE, "score": 1}], "score: Extra inputs"),
        (BOXES, [WHOLE] * (MOST_BOXES + 1), "draw 200 at most"),
        (TEXT, 1, "no text"),
        (TEXT, "  ", "text is empty"),
        (TEXT, "a\x00b", "NUL"),
        (TEXT, "a\udc00b", "half surrogates"),
        (TEXT, "a" * (LONGEST_TEXT + 1), "5001 characters"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_would_be_one(kind: Kind, plain: JsonValue, said: str) -> None:
    """Whatever is wrong with it."""
    with pytest.raises(InputError, match=said):
        kind.read(plain, CLASSES)


def test_coordinates_are_kept_to_a_thousandth_of_a_pixel() -> None:
    """What a browser says beyond is rounding, and would make two of one box; so would a negative zero."""
    noisy = {**WHOLE, "left": -0.0, "right": 10.000000001}
    (found,) = BOXES.read([WHOLE, noisy], CLASSES)
    assert found == Box(**WHOLE)  # type: ignore[arg-type]
    assert "-0" not in json.dumps(plain_of(BOXES.read([noisy], CLASSES)))


def one_of(*names: str) -> Answer:
    """Return an answer of several classes."""
    return SOME.read(list(names), CLASSES)


def test_each_class_is_a_question_of_its_own() -> None:
    """Two of three who name a class outweigh the third, and the answer may be one that nobody gave."""
    found = concluded(SOME, ["crack", "hole"], ["crack", "stain"], ["hole"])
    assert found.answer == one_of("crack", "hole")
    each = 0.8 ** (1 / 3)
    assert found.confidence == pytest.approx(each**3 / (1 - each * (1 - each) ** 2), rel=1e-12)


def test_a_lone_labeler_is_right_on_all_classes_with_the_accuracy() -> None:
    """As with one class of several; where none may apply, that is the only thing known beforehand."""
    assert concluded(NONE_TOO, ["hole"]).confidence == pytest.approx(0.8)
    assert concluded(NONE_TOO, []).confidence == pytest.approx(0.8)
    assert concluded(SOME, ["hole"]).confidence > 0.8


def test_where_a_class_has_to_apply_the_likeliest_one_does() -> None:
    """Five who each name another class leave every class below one half, and nobody any the wiser."""
    names = tuple("abcde")
    answer, confidence = several_consensus([[name] for name in names], names, 0.8, empty=False)
    assert (answer, confidence) == (("a",), pytest.approx(1 / 5, rel=1e-3))
    answer, confidence = several_consensus([[name] for name in names], names, 0.8, empty=True)
    assert (answer, confidence > 0.99) == ((), True)


@given(st.lists(sets, min_size=1, max_size=5), st.floats(0.55, 0.99))
def test_the_probabilities_of_all_sets_add_up(given_sets: list[list[str]], accuracy: float) -> None:
    """By brute force over all eight."""
    each = accuracy ** (1 / 3)

    def likelihood(chosen: int) -> float:
        product = 1.0
        for place, name in enumerate(CLASSES):
            for names in given_sets:
                product *= each if (name in names) == bool(chosen >> place & 1) else 1 - each
        return product

    for empty, possible in ((True, range(8)), (False, range(1, 8))):
        _, confidence = several_consensus(given_sets, CLASSES, accuracy, empty=empty)
        found = [likelihood(chosen) for chosen in possible]
        assert confidence == pytest.approx(max(found) / sum(found), rel=1e-9)


def test_two_who_draw_alike_are_surer_than_one_and_a_third_object_has_to_be_decided_too() -> None:
    """That nobody else drew it speaks against it, and says so in the confidence."""
    far = {**WHOLE, "left": 100, "right": 110}
    alone, agreed = concluded(BOXES, [WHOLE]), concluded(BOXES, [WHOLE], [WHOLE])
    torn = concluded(BOXES, [WHOLE], [WHOLE, far])
    assert alone.confidence < agreed.confidence
    assert torn.confidence < 0.5
    outvoted = concluded(BOXES, [WHOLE], [WHOLE, far], [WHOLE])
    assert outvoted.answer == BOXES.read([WHOLE], CLASSES)
    each = 0.8**0.5
    odds, of_class = each / (1 - each), 2 * each / (1 - each)
    there, its_class, elsewhere = odds**3 / (1 + odds**3), of_class**3 / (2 + of_class**3), 1 / (1 + odds)
    assert outvoted.confidence == pytest.approx(there * its_class * (1 - elsewhere))


def test_nothing_is_an_answer_of_boxes() -> None:
    """Where all see nothing, the odds are those of one question."""
    found = concluded(BOXES, [], [])
    assert (found.answer, found.confidence) == ((), pytest.approx(16 / 17))


def test_a_box_of_two_classes_is_not_decided() -> None:
    """However well its sides agree."""
    assert concluded(BOXES, [WHOLE], [{**WHOLE, "name": "crack"}]).confidence < 0.5


def test_a_careless_text_does_not_take_from_what_others_agree_on() -> None:
    """A single one is backed by nobody; of two the confidence is how like each other they are."""
    assert concluded(TEXT, "a cat").confidence == 0
    assert concluded(TEXT, "a cat", "A  cat").confidence == 1
    assert concluded(TEXT, "a cat", "a hat").confidence == pytest.approx(0.8)
    found = concluded(TEXT, "a cat", "a cat", "mumble")
    assert (found.answer, found.confidence) == ("a cat", 1)


def test_an_answer_is_right_where_nothing_that_counts_differs() -> None:
    """Boxes by half their area and class, texts but for case and blanks."""
    near, far = box("hole", 0, 0, 10, 8), box("hole", 0, 0, 10, 4)
    whole, other = Box(**WHOLE), box("crack", 0, 0, 10, 10)  # type: ignore[arg-type]
    assert BOXES.same((whole,), (near,))
    assert [BOXES.same((whole,), wrong) for wrong in [(far,), (other,), (), (whole, far)]] == [False] * 4
    assert BOXES.same((), ())
    assert (TEXT.same("A  cat", "a cat"), TEXT.same("a cat.", "a cat")) == (True, False)
    assert (SOME.same(one_of("hole"), one_of("hole")), SOME.same(one_of("hole"), one_of("crack"))) == (True, False)


def test_agreement_is_measured_as_each_kind_has_it() -> None:
    """Between nothing alike and all alike."""
    whole, other = Box(**WHOLE), box("crack", 0, 0, 10, 10)  # type: ignore[arg-type]
    assert BOXES.agreement([[(whole,), (whole,)], [(whole,), (other,)]]).estimate == 0.5
    assert TEXT.agreement([["a cat", "a hat"], ["so", "so"]]).estimate == pytest.approx(0.9)
    torn = [[one_of("hole"), one_of("hole", "crack")], [one_of("stain"), one_of("stain")]]
    assert 0 < (SOME.agreement(torn).estimate or 0) < 1
    assert ONE.agreement([["hole", "hole"], ["crack", "crack"]]).estimate == 1
    assert [kind.agreement([]).estimate for kind in KINDS] == [None] * 4
    interval = TEXT.agreement([["a cat", "a hat"], ["so", "so"]] * 10).interval(seed=1)
    assert interval is not None
    assert interval.low < 0.9 < interval.high
