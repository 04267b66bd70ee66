"""What a finding opens: a draft that settles it, with its evidence, for a person to complete."""

import pytest

from labeling.drafting import BLANK, BLANKS, opened
from schemas.errors import InputError
from schemas.guidelines import LONGEST, Guideline
from schemas.labels import Finding, FindingKind, Vote

GUIDELINE = Guideline(version=1, body="A cat purrs.\n")


def finding(kind: FindingKind, **values: object) -> Finding:
    """Return a finding that tasks 7 and 9 show."""
    counts = {"tasks": 2, "of": 4, "effect": 2.0, "low": 1.5, "high": 3.0, "p_value": 0.01}
    return Finding.model_validate({"kind": kind, "says": "They differ.", "examples": (7, 9), **counts, **values})


def votes(answers: str) -> list[Vote]:
    """Return one vote a letter."""
    return [Vote(labeler=f"l{place}", answer=answer) for place, answer in enumerate(answers)]


def test_a_confused_pair_opens_a_draft_that_settles_it() -> None:
    """With the text in force and its version, the finding and the tasks that show it, and a blank."""
    draft = opened(finding(FindingKind.CONFUSION, classes=("cat", "dog")), GUIDELINE, {})
    assert draft.base == 1
    assert draft.settles == (("cat", "dog"),)
    assert draft.body == (
        f"A cat purrs.\n\n## cat or dog\n\n{BLANK}\n\nFound: They differ. Tasks that show it: 7, 9.\n"
    )


def test_a_disputed_slice_opens_a_draft_that_settles_what_its_tasks_disagree_about() -> None:
    """Each pair once."""
    given = {7: votes("aab"), 9: votes("cba"), 11: votes("xy")}
    draft = opened(finding(FindingKind.SLICE, slice=("source", "left")), GUIDELINE, given)
    assert draft.settles == (("a", "b"), ("a", "c"), ("b", "c"))
    assert "## Where source is left\n" in draft.body


@pytest.mark.parametrize("kind", BLANKS)
def test_a_convention_opens_a_draft_that_has_its_evidence_labeled_anew(kind: FindingKind) -> None:
    """It settles no pair of classes; what is to be decided depends on what it is about."""
    draft = opened(finding(kind, evidence=(7, 8, 9)), GUIDELINE, {})
    assert (draft.settles, draft.reopens) == ((), (7, 8, 9))
    assert f"{BLANKS[kind]}\n\nFound: They differ. Tasks that show it: 7, 9.\n" in draft.body


def test_a_draft_names_no_labeler() -> None:
    """Everybody reads the guideline."""
    found = finding(FindingKind.TIGHT_OR_LOOSE, says="The boxes of ann are larger.", labelers=("ann",))
    draft = opened(found, GUIDELINE, {})
    assert "Found: On 2 of 4 tasks labelers differ." in draft.body
    assert "ann" not in draft.body


def test_a_slice_of_no_class_pairs_has_its_evidence_labeled_anew() -> None:
    """As where sets differ by what one leaves out."""
    given = {7: [Vote(labeler="ann", answer=("a", "b")), Vote(labeler="ben", answer=("a",))]}
    draft = opened(finding(FindingKind.SLICE, slice=("source", "left"), evidence=(7,)), GUIDELINE, given)
    assert (draft.settles, draft.reopens) == ((), (7,))


def test_sets_that_differ_in_a_pair_settle_it() -> None:
    """What both name is not disputed."""
    given = {7: [Vote(labeler="ann", answer=("a", "b")), Vote(labeler="ben", answer=("a", "c"))]}
    draft = opened(finding(FindingKind.SLICE, slice=("source", "left"), evidence=(7,)), GUIDELINE, given)
    assert (draft.settles, draft.reopens) == ((("b", "c"),), ())


def test_a_guideline_without_room_for_the_finding_says_so() -> None:
    """By how much to shorten it."""
    full = Guideline(version=1, body="x" * LONGEST)
    with pytest.raises(InputError, match="shorten it to"):
        opened(finding(FindingKind.CONFUSION, classes=("cat", "dog")), full, {})
