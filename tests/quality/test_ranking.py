"""Ranking: the same for a frame as for each of its samples."""

from hypothesis import given
from hypothesis import strategies as st

from quality.ranking import MATRIX, rank
from schemas.samples import Prediction

# Ties and both zeros are likely.
some_scores = st.sampled_from((0.0, -0.0, 0.5, 1.0)) | st.floats(0, 1)
NAMES = ("cat", "dog", "fox", "é")
of_any_classes = st.none() | st.dictionaries(st.sampled_from(NAMES), some_scores, min_size=1)
of_one_order = st.permutations(NAMES).map(lambda names: names[:3])


def rank_of(scores: dict[str, float] | None) -> tuple[str | None, str, str]:
    """Return what the model itself says of its prediction; numbers as text, which tells -0.0 from 0.0."""
    if scores is None:
        return None, "None", "None"
    prediction = Prediction(model="m", scores=scores)
    return prediction.top, repr(prediction.ranked[0][1]), repr(prediction.margin)


def check(scores: list[dict[str, float] | None]) -> None:
    """Assert that the frame's ranking is that of each of its samples."""
    found = rank(scores)
    told = zip(found.tops, map(repr, found.confidences), map(repr, found.margins), strict=True)
    assert list(told) == [rank_of(one) for one in scores]


@given(scores=st.lists(of_any_classes, max_size=8))
def test_samples_of_any_classes_are_ranked_one_by_one(scores: list[dict[str, float] | None]) -> None:
    """Or of none at all."""
    check(scores)


@given(
    names=of_one_order, rows=st.lists(st.tuples(some_scores, some_scores, some_scores), min_size=1, max_size=2 * MATRIX)
)
def test_samples_of_the_same_classes_are_ranked_at_once_and_alike(
    names: list[str], rows: list[tuple[float, ...]]
) -> None:
    """To the sign of a zero: what is written of a sample must not depend on its frame."""
    check([dict(zip(names, row, strict=True)) for row in rows])
