"""What the demo says of the guideline's revision."""

from assay.demo.revision import Revision
from labeling.agreement import alpha
from labeling.guidelines import Cast
from quality.intervals import wilson
from schemas.labels import Vote


def casts(answers: str, version: int) -> list[Cast]:
    """Return a vote for each letter."""
    return [
        Cast(vote=Vote(labeler=f"l{place}", answer=answer), guideline=version) for place, answer in enumerate(answers)
    ]


def test_tasks_of_the_pair_are_told_apart_by_the_version_that_they_were_first_labeled_under() -> None:
    """Those labeled anew are in neither, nor those with one answer or without one of the pair."""
    given = [
        casts("aa", 1),
        casts("aba", 1) + casts("aa", 2),
        casts("bb", 1),
        casts("cc", 1),
        casts("ab", 2),
        casts("bb", 2),
        casts("a", 2),
    ]
    report = Revision(version=2, pair=("a", "b"), reopened=1).report(dict(enumerate(given)))
    assert (report.before.tasks, report.before.disputed) == (3, wilson(1, 3))
    assert (report.after.tasks, report.after.disputed) == (2, wilson(1, 2))
    assert report.before.alpha == alpha(["aa", "aba", "bb"])
