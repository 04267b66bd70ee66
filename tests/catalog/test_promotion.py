"""Promotion: a model takes the place of another only if it is shown to be no worse."""

from collections.abc import Sequence

from catalog.comparison import Comparison, compare
from catalog.promotion import Promotion, judge
from schemas.project import RetrainingPolicy

POLICY = RetrainingPolicy(margin=0.02, slice_margin=0.05)


def compared(new: Sequence[bool], old: Sequence[bool]) -> Comparison:
    """Return the comparison of two models on all rows."""
    (found,) = compare(new, old, [[True] * len(new)])
    assert found is not None
    return found


def judged(whole: Comparison, **guarded: Comparison) -> Promotion:
    """Return whether a model is promoted over that of version 1."""
    return judge("version 1", whole, guarded, POLICY)


EQUAL = compared([True] * 950 + [False] * 50, [True] * 950 + [False] * 50)


def test_an_equal_model_is_promoted_where_rows_are_many() -> None:
    """It can be worse by less than a point."""
    assert judged(EQUAL).promoted
    assert judged(EQUAL).why.startswith("promoted: not worse than the model of version 1, on all gold rows: gain +0.0")


def test_equal_on_few_rows_is_not_shown_to_be_no_worse() -> None:
    """Of twenty it may be worse by ten points, and nobody would see."""
    assert not judged(compared([True] * 20, [True] * 20)).promoted


def test_a_point_estimate_that_is_better_is_not_enough() -> None:
    """One more right of forty, of twenty-one on which the two differ: chance."""
    new = [True] * 11 + [False] * 10 + [True] * 19
    old = [False] * 11 + [True] * 10 + [True] * 19
    assert compared(new, old).gain.estimate > 0
    assert not judged(compared(new, old)).promoted


def test_worse_on_one_guarded_slice_is_worse() -> None:
    """However good it is on the whole; and the verdict says where."""
    night = compared([True] * 60 + [False] * 40, [True] * 80 + [False] * 20)
    said = judged(EQUAL, night=night, day=EQUAL)
    assert not said.promoted
    assert said.why.startswith("not promoted: it may be worse than the model of version 1, on night: gain -20.0 points")
    assert "day" not in said.why
