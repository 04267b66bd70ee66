"""Assembly: which candidates become rows."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.choice import Exclusion, cap
from catalog.testing import CLASSES, assembler, candidate

Labels = st.lists(st.sampled_from(CLASSES), max_size=40)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"settled": False}, Exclusion.UNSETTLED),
        ({"label": "cow"}, Exclusion.CLASS),
        ({"lawful": False}, Exclusion.RULE),
    ],
)
def test_what_is_not_fit_is_excluded_by_name(changes: dict[str, Any], cause: Exclusion) -> None:
    """A row is settled, of a class of the project, and lawful under today's suite."""
    made = assembler().assemble([candidate(1), candidate(2, **changes)])
    assert ([row.entry.sample_id for row in made.rows], made.excluded) == (["s1"], {cause: 1})
    assert made.left == {"s2": cause}


def test_another_contract_version_is_excluded() -> None:
    """A version is built for the current contract."""
    old = candidate(1)
    made = assembler().assemble([candidate(2), candidate(1, sample={**old.sample, "contract": 9})])
    assert made.excluded == {Exclusion.CONTRACT: 1}


def test_a_sample_is_in_once_and_the_first_offset_counts() -> None:
    """A sample_id that was sent to two partitions would be two rows, perhaps on two sides of a split."""
    made = assembler().assemble([candidate(7, "dog", sample_id="s"), candidate(3, "cat", sample_id="s")])
    assert [(row.entry.label, row.entry.origin.offset) for row in made.rows] == [("cat", 3)]
    assert made.excluded == {Exclusion.REPEATED: 1}


def test_an_entry_says_where_a_row_came_from_and_why_it_is_in() -> None:
    """Everything that a reader of the manifest may ask of one row."""
    made = assembler().assemble([candidate(4, "fox", attributes={"batch": 3}, simulated=True, guideline=2)])
    entry = made.rows[0].entry.model_dump(mode="json")
    assert entry == {
        "origin": {"topic": "zoo.samples", "partition": 0, "offset": 4},
        "sample_id": "s4",
        "contract": 1,
        "suite": "s",
        "guideline": 2,
        "label": "fox",
        "method": "one-coin",
        "confidence": 0.97,
        "votes": 2,
        "labels": [str(UUID(int=400)), str(UUID(int=401))],
        "reasons": ["audit"],
        "propensity": 0.1,
        "split": entry["split"],
        "group": "batch=3",
        "simulated": True,
        "copies": 1,
    }


def test_settled_labels_may_have_to_be_surer_or_of_more_votes() -> None:
    """As the recipe says; what an expert settled is consistent whoever voted."""
    sure = candidate(1)
    expert = replace(sure.consensus, method="expert")
    found = [
        assembler(consistent=wanted).assemble([sure, candidate(2, consensus=expert)])
        for wanted in ({"confidence": 0.97}, {"confidence": 0.98}, {"votes": 3})
    ]
    assert [made.excluded for made in found] == [{}, {Exclusion.INCONSISTENT: 1}, {Exclusion.INCONSISTENT: 1}]
    assert [made.rows[-1].entry.sample_id for made in found] == ["s2"] * 3


@given(labels=Labels, order=st.randoms(use_true_random=False), share=st.sampled_from([0.2, 0.4, 0.5, 0.8, 1.0]))
def test_the_order_of_the_candidates_does_not_matter(labels: list[str], order: Any, share: float) -> None:
    """The same candidates give the same rows in the same order."""
    candidates = [candidate(offset, label) for offset, label in enumerate(labels)]
    shuffled = order.sample(candidates, len(candidates))
    assemble = assembler(max_class_share=share).assemble
    assert assemble(candidates) == assemble(shuffled)


@given(labels=Labels, more=Labels, share=st.sampled_from([0.4, 0.5, 0.8, 1.0]))
def test_new_candidates_move_no_row_to_another_split(labels: list[str], more: list[str], share: float) -> None:
    """A row keeps its side for ever."""
    assemble = assembler(max_class_share=share).assemble
    before, after = (
        {
            row.entry.sample_id: row.entry.split
            for row in assemble(candidate(n, label) for n, label in enumerate(given_)).rows
        }
        for given_ in (labels, [*labels, *more])
    )
    assert all(after[sample] == before[sample] for sample in before.keys() & after.keys())


@given(labels=Labels, share=st.sampled_from([0.34, 0.4, 0.5, 0.8]))
def test_no_class_exceeds_its_share_where_that_can_be_met(labels: list[str], share: float) -> None:
    """Three classes can meet a share of a third; fewer are left alone rather than thrown away."""
    rows = assembler(max_class_share=share).assemble(candidate(n, label) for n, label in enumerate(labels)).rows
    counts = Counter(row.entry.label for row in rows)
    if share * len(set(labels)) >= 1:
        assert max(counts.values()) <= share * len(rows)
    else:
        assert len(rows) == len(labels)


@given(counts=st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 60), min_size=1), share=st.floats(0.05, 1))
def test_the_cap_is_the_largest_that_will_do(counts: dict[str, int], share: float) -> None:
    """Searching all levels finds the same."""
    fitting = [m for m in range(1, max(counts.values()) + 1) if m <= share * sum(min(n, m) for n in counts.values())]
    assert cap(counts, share) == max(fitting, default=max(counts.values()))
