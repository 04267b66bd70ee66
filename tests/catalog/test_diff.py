"""Two versions, compared by cause."""

from catalog.assembly import Candidate
from catalog.diff import Relabeling, Version, diff
from catalog.testing import assembler, candidate, governing


def version(*candidates: Candidate, suite: str = "s") -> Version:
    """Return a version that holds these candidates."""
    entries = [row.entry for row in assembler().assemble(candidates).rows]
    return Version(governing=governing(suite=suite), entries=entries)


def test_each_sample_stands_under_one_cause() -> None:
    """A label that changed with its guideline is the guideline's doing; one that did not was relabeled."""
    old = version(candidate(1), candidate(2), candidate(3), candidate(4), candidate(5))
    new = version(
        candidate(2),
        candidate(3, "dog"),
        candidate(4, "fox", guideline=2),
        candidate(5, guideline=2),
        candidate(6),
        suite="t",
    )
    found = diff(old, new)
    assert (found.dropped, found.new, found.unchanged, found.governing) == (("s1",), ("s6",), 1, ("suite",))
    assert found.relabeled == (Relabeling(sample_id="s3", was="cat", label="dog"),)
    assert [(one.sample_id, one.label) for one in found.guideline] == [("s4", "fox"), ("s5", "cat")]


def test_a_version_does_not_differ_from_itself() -> None:
    """Every sample is unchanged."""
    same = version(candidate(1), candidate(2))
    found = diff(same, same)
    assert (found.unchanged, found.new, found.dropped, found.relabeled, found.moved) == (2, (), (), (), ())
    assert (found.guideline, found.governing) == ((), ())


def test_what_was_dropped_stands_under_the_rule_that_did_it() -> None:
    """What has no label in its round any more was dropped by none."""
    found = diff(version(candidate(1), candidate(2), candidate(3)), version(candidate(3)), {"s1": "rule", "s9": "twin"})
    assert (found.dropped, found.dropped_by) == (("s1", "s2"), {"rule": ("s1",), "unlabeled": ("s2",)})
