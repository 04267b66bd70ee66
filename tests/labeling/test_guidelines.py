"""Which tasks a guideline change touches, and under which version votes count."""

import pytest

from labeling.guidelines import Cast, current_votes, round_of, touches
from schemas.guidelines import ClassChange, Guideline
from schemas.labels import Vote

SETTLES_FOUR_NINE = Guideline(version=2, body="A four is open.", settles=(("4", "9"),))
SETTLES_ONE_SEVEN = Guideline(version=3, body="A seven has a bar.", settles=(("1", "7"),))


def casts(*given: tuple[str, int]) -> list[Cast]:
    """Return votes with the version each was cast under."""
    return [
        Cast(vote=Vote(labeler=f"labeler {number}", answer=answer), guideline=guideline)
        for number, (answer, guideline) in enumerate(given)
    ]


@pytest.mark.parametrize(
    ("answers", "touched"), [("49", True), ("949", True), ("44", False), ("41", False), ("", False)]
)
def test_a_change_touches_the_tasks_that_hold_both_classes(answers: str, touched: bool) -> None:  # noqa: FBT001
    """Of one pair at least that it settles."""
    assert touches([("1", "7"), ("9", "4")], set(answers)) is touched


def test_only_votes_cast_since_the_round_began_count() -> None:
    """Older ones are kept, and left out."""
    assert [vote.answer for vote in current_votes(casts(("4", 1), ("9", 2), ("7", 3)), 2, [])] == ["9", "7"]


def test_a_task_untouched_by_later_versions_stays_in_its_round() -> None:
    """Whatever those versions settle."""
    assert round_of(1, casts(("4", 1), ("1", 3)), [SETTLES_ONE_SEVEN, SETTLES_FOUR_NINE]) == 1


def test_a_late_vote_that_revives_a_settled_pair_moves_the_task_to_the_version_that_settles_it() -> None:
    """It was on its way while the version was published."""
    assert round_of(1, casts(("4", 1), ("9", 1)), [SETTLES_FOUR_NINE]) == 2


def test_a_disagreement_in_spite_of_the_version_does_not_move_the_task_again() -> None:
    """Its votes were cast under the version that settles the pair."""
    assert round_of(2, casts(("4", 2), ("9", 2)), [SETTLES_FOUR_NINE]) == 2


def test_each_version_is_judged_by_the_votes_that_the_one_before_left() -> None:
    """Version 2 retires both 1 and 7 of version 1, so nothing is left for version 3 to touch."""
    assert round_of(1, casts(("4", 1), ("9", 1), ("1", 1), ("7", 1)), [SETTLES_FOUR_NINE, SETTLES_ONE_SEVEN]) == 2


SPLITS_NINE = Guideline(version=2, body="Two nines.", changes=(ClassChange(takes=("9",), gives=("9", "open 9")),))
MERGES_FOUR_NINE = Guideline(version=2, body="No matter.", changes=(ClassChange(takes=("4", "9"), gives=("any",)),))


def test_a_split_moves_the_tasks_that_hold_the_class_and_no_others() -> None:
    """However the votes agree: none of them says which part is meant."""
    assert round_of(1, casts(("9", 1), ("9", 1)), [SPLITS_NINE]) == 2
    assert round_of(1, casts(("4", 1), ("7", 1)), [SPLITS_NINE]) == 1
    assert round_of(2, casts(("9", 2), ("open 9", 2)), [SPLITS_NINE]) == 2


def test_a_merge_moves_no_task_and_makes_votes_agree() -> None:
    """Nobody has to look again at what was right either way."""
    given = casts(("4", 1), ("9", 1), ("any", 2))
    assert round_of(1, given, [MERGES_FOUR_NINE]) == 1
    assert [vote.answer for vote in current_votes(given, 1, [MERGES_FOUR_NINE])] == ["any", "any", "any"]


def test_a_pair_is_settled_in_the_names_of_the_version_that_settles_it() -> None:
    """Votes of before are told in these first."""
    renames = Guideline(
        version=2, body="Text.", changes=(ClassChange(takes=("4",), gives=("four",)),), settles=(("four", "9"),)
    )
    assert round_of(1, casts(("4", 1), ("9", 1)), [renames]) == 2


SWAPS = Guideline(
    version=3,
    body="Text.",
    changes=(ClassChange(takes=("4",), gives=("9",)), ClassChange(takes=("9",), gives=("4",))),
)


def test_votes_of_labelers_who_had_read_a_version_are_not_judged_by_it() -> None:
    """What they see otherwise than those before them is a disagreement like any other, and so is told in its names."""
    assert round_of(1, casts(("4", 1), ("9", 2)), [SETTLES_FOUR_NINE]) == 1
    assert round_of(1, casts(("4", 1), ("9", 3)), [SETTLES_FOUR_NINE, SWAPS]) == 1
    assert round_of(1, casts(("4", 1), ("9", 1), ("9", 3)), [SETTLES_FOUR_NINE, SWAPS]) == 2
