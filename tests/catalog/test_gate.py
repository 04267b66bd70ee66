"""The gate: what must be true of a version, and what is said where it is not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from catalog.assembly import Candidate
from catalog.gate import Mark, Result, Verdict, check, explain, is_open, marks
from catalog.testing import CLASSES, LABELS, assembler, candidate, recipe
from labeling.testing import box
from schemas.project import LabelSpace
from schemas.verdicts import Severity

# Enough of every class, all in the one split that trains.
GOOD = [candidate(offset, CLASSES[offset % 3]) for offset in range(12)]
ALL_TRAIN = {"train": 1.0}


def judged(candidates: list[Candidate], *verdicts: Verdict, **changes: Any) -> dict[str, Result]:
    """Assemble the candidates and return the gate's results by name."""
    changes = {"splits": ALL_TRAIN, **changes}
    rows = assembler(**changes).assemble(candidates).rows
    results = check(
        rows, candidates, verdicts, recipe=recipe(**changes), classes=CLASSES, labels=LABELS, first_answers=2
    )
    return {result.check: result for result in results}


def test_other_kinds_are_asked_what_they_can_be() -> None:
    """Agreement by their own measure; classes where there are some; and nobody caps what has no single class."""
    whole = box("cat", 0, 0, 10, 10)
    agreed = [candidate(offset, (whole, box(name, 20, 0, 30, 10))) for offset, name in enumerate(CLASSES)]
    boxes = LabelSpace.model_validate({"kind": "boxes", "classes": CLASSES})
    rows = assembler(splits=ALL_TRAIN, labels=boxes).assemble(agreed).rows
    given = {"recipe": recipe(splits=ALL_TRAIN), "first_answers": 2}
    found = {one.check: one for one in check(rows, agreed, [], classes=CLASSES, labels=boxes, **given)}
    assert [found[name].ok for name in ("rows", "agreement", "classes")] == [True] * 3
    assert (found["agreement"].found, "class share" in found) == ("1.0000", False)
    assert found["agreement"].wanted == "share of boxes that match of at least 0"
    text = LabelSpace.model_validate({"kind": "text"})
    spoken = [candidate(0, "a cat", answers=("a cat", "a hat"))]
    found = {one.check: one for one in check([], spoken, [], classes=(), labels=text, **given)}
    assert (found["agreement"].found, "classes" in found) == ("0.8000", False)


def verdict(**changes: Any) -> Verdict:
    """Return what Great Expectations says of a broken rule; `changes` replace fields."""
    fields: dict[str, Any] = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "size", "max_value": 5},
        "severity": Severity.CRITICAL,
        "success": False,
        "unexpected": 2,
        "rows": (6, 7),
    }
    return Verdict(**{**fields, **changes})


def test_a_good_dataset_opens_the_gate() -> None:
    """All checks are ok, and there is nothing to explain."""
    results = list(judged(GOOD).values())
    assert (is_open(results), explain(results)) == (True, "")


def test_too_few_rows_shut_it() -> None:
    """And it says how many more are needed."""
    result = judged(GOOD, min_rows=20)["rows"]
    assert (result.ok, result.found, result.remedy) == (False, "12", "Have 8 more samples labeled consistently.")


def test_labelers_who_disagree_shut_it_although_every_row_is_settled() -> None:
    """Agreement is that of the first answers, settled or not: later ones were asked for because those differ."""
    torn = [candidate(offset, "cat", answers=("cat", "dog", "cat", "cat")) for offset in range(20, 40)]
    result = judged([*GOOD, *torn], agreement_floor=0.5)["agreement"]
    assert not result.ok
    assert float(result.found) < 0.1


def test_agreement_that_cannot_be_measured_shuts_it() -> None:
    """One answer a task says nothing of agreement."""
    alone = [candidate(offset, label, answers=(label,)) for offset, label in enumerate(CLASSES)]
    assert judged(alone)["agreement"].found == "nothing that two answers to a task could differ in"


def test_a_class_that_is_not_in_train_shuts_it() -> None:
    """And it is named."""
    only = [candidate(offset, CLASSES[offset % 2]) for offset in range(12)]
    assert judged(only)["classes"].found == "none of fox"


def test_a_class_that_is_too_large_shuts_it() -> None:
    """The cap could not be met: two classes cannot both stay below two fifths."""
    only = [candidate(offset, CLASSES[offset % 2]) for offset in range(12)]
    assert not judged(only, max_class_share=0.4)["class share"].ok


def test_a_group_on_two_sides_shuts_it() -> None:
    """It cannot happen while splits go by group; the gate looks all the same."""
    (row,) = assembler().assemble([candidate(1, attributes={"batch": "b"})]).rows
    torn = [replace(row, entry=row.entry.model_copy(update={"split": split})) for split in ("train", "test")]
    results = check(torn, [], [], recipe=recipe(), classes=CLASSES, labels=LABELS, first_answers=2)
    assert [result.found for result in results if result.check == "leakage"] == [
        '1 groups in several, such as batch="b"'
    ]


def test_a_broken_critical_expectation_shuts_it_and_names_samples() -> None:
    """The line says which rule, what it allows, and where to look."""
    results = list(judged(GOOD, verdict()).values())
    assert not is_open(results)
    assert explain(results) == (
        "failed: suite: expect_column_values_to_be_between (size): wanted max_value 5, found 2 unexpected, "
        "such as s6, s7. Look at these samples; correct the source, or the suite."
    )


def test_a_broken_warning_is_reported_and_lets_it_open() -> None:
    """Unless the rule could not be judged at all."""
    warned = list(judged(GOOD, verdict(severity=Severity.WARNING)).values())
    assert (is_open(warned), explain(warned)[:7]) == (True, "warning")
    assert not is_open(list(judged(GOOD, verdict(severity=Severity.WARNING, error="no such column")).values()))


def test_a_slice_that_is_short_shuts_it_and_says_how_many_are_missing() -> None:
    """Copies do not count: they are the same rows again."""
    slices = [{"column": "label", "value": "fox", "want": 6, "copies": 5}]
    found = judged(GOOD, slices=slices)
    short = found["slice: label = fox"]
    assert (short.ok, short.wanted, short.found, short.blocking) == (False, "at least 6 rows", "4", True)
    assert short.remedy.startswith("Have 2 more with label = fox labeled")
    assert (found["coverage"].value, found["coverage"].found) == (4 / 6, "66.7 % of slice label = fox")


def test_labels_that_come_late_are_warned_of() -> None:
    """By the median of those that came last; the data is no worse for it, so the gate stays open."""
    late = [replace(one, labeled_at=one.queued_at + timedelta(hours=200)) for one in GOOD]
    found = judged(late)
    assert (found["timeliness"].verdict, found["timeliness"].value) == ("warning", 200.0)
    assert is_open(list(found.values()))
    assert judged(late, max_hours_to_label=200)["timeliness"].ok


def test_the_scorecard_is_four_numbers_with_their_thresholds() -> None:
    """One for each mark of good data, whatever else the gate looks at."""
    card = marks(list(judged(GOOD, min_rows=10, agreement_floor=0.5).values()))
    assert [(one.mark, one.value, one.threshold, one.ok) for one in card] == [
        (Mark.UNAMBIGUOUS, 1.0, 0.5, True),
        (Mark.COVERED, 1.0, 1.0, True),
        (Mark.TIMELY, 2.0, 168.0, True),
        (Mark.SIZED, 12, 10, True),
    ]


def test_a_mark_that_is_missed_is_a_check_that_failed() -> None:
    """The scorecard says nothing that the gate does not."""
    found = judged([candidate(offset, CLASSES[offset % 2]) for offset in range(8)], min_rows=10)
    missed = {one.mark: one.verdict for one in marks(list(found.values())) if not one.ok}
    assert missed == {Mark.COVERED: "failed", Mark.SIZED: "failed"}
    assert (found["coverage"].value, found["coverage"].found) == (0.0, "0 % of class fox")
