"""What a finding opens: a draft that settles it, with its evidence, for a person to complete."""

import pytest

from labeling.drafting import BLANK, opened
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


def test_a_convention_settles_no_pair() -> None:
    """It is told where to go."""
    with pytest.raises(InputError, match="kind filler settles no classes: word it in the guideline's text"):
        opened(finding(FindingKind.FILLER), GUIDELINE, {})


def test_a_guideline_without_room_for_the_finding_says_so() -> None:
    """By how much to shorten it."""
    full = Guideline(version=1, body="x" * LONGEST)
    with pytest.raises(InputError, match="shorten it to"):
        opened(finding(FindingKind.CONFUSION, classes=("cat", "dog")), full, {})
