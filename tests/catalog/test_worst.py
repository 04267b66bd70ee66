"""What a model is worst at: slices whose interval says so become quotas."""

from collections.abc import Mapping, Sequence

import pytest

from catalog.comparison import compare
from catalog.evaluation import SliceReport, TrainingReport, by_class
from catalog.worst import quotas_of
from quality.intervals import wilson
from schemas.answers import AnswerKind
from schemas.project import RetrainingPolicy
from schemas.routing import Quota

POLICY = RetrainingPolicy(labels=40, worst=2)


def report(
    truth: Sequence[str], predicted: Sequence[str], slices: Mapping[str, Sequence[bool]], *, guarded: bool = True
) -> TrainingReport:
    """Return the report on these predictions; slices are values of the attribute `light`."""
    right = [said == true for said, true in zip(predicted, truth, strict=True)]
    found = compare(right, right, list(slices.values())) if slices else []
    share = wilson(sum(right), len(right))
    return TrainingReport(
        project="zoo",
        version=3,
        baseline="version 2",
        train=9,
        test=len(truth),
        simulated=0,
        accuracy=share,
        baseline_accuracy=share,
        gain=share,
        classes=by_class([], truth, predicted),
        slices=tuple(
            SliceReport(column="attributes.light", value=value, guarded=guarded, found=one)
            for value, one in zip(slices, found, strict=True)
        ),
    )


TRUTH = ["cat", "dog"] * 100
# Every fourth row is of the night, and the model is wrong on four of five of those.
NIGHT = [place % 4 == 0 for place in range(200)]
BAD = ["fox" if dark and place % 20 else true for place, (true, dark) in enumerate(zip(TRUTH, NIGHT, strict=True))]


def test_a_guarded_slice_on_which_the_model_fails_has_a_quota() -> None:
    """And so has the class, by what the model takes for one, for the night's are all cats; the worst comes first."""
    night = Quota(column="attributes.light", value="night", want=40)
    cats = Quota(column="prediction.top", value="cat", want=40)
    found = quotas_of(report(TRUTH, BAD, {"night": NIGHT}), POLICY, AnswerKind.CLASSIFICATION)
    assert found == (night, cats)


def test_what_is_not_guarded_has_none() -> None:
    """It was declared for other ends."""
    unguarded = report(TRUTH, BAD, {"night": NIGHT}, guarded=False)
    assert {one.column for one in quotas_of(unguarded, POLICY, AnswerKind.CLASSIFICATION)} == {"prediction.top"}


def test_only_so_many_have_one() -> None:
    """The worst."""
    policy = RetrainingPolicy(worst=1)
    found = quotas_of(report(TRUTH, BAD, {"night": NIGHT}), policy, AnswerKind.CLASSIFICATION)
    assert [one.column for one in found] == ["attributes.light"]


@pytest.mark.parametrize("predicted", [TRUTH, ["fox", *TRUTH[1:]]])
def test_what_chance_may_explain_has_none(predicted: Sequence[str]) -> None:
    """All right, or one wrong in fifty: a closed slice leaves no quota behind."""
    assert quotas_of(report(TRUTH, predicted, {"night": NIGHT}), POLICY, AnswerKind.CLASSIFICATION) == ()


def test_classes_that_no_prediction_names_have_none() -> None:
    """Boxes and texts are not predicted as classes of a sample."""
    assert quotas_of(report(TRUTH, BAD, {}), POLICY, AnswerKind.BOXES) == ()
