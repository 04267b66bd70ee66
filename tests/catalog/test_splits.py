"""Splits: decided by the group alone."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from catalog.splits import fraction, group_of, split_of

Shares = st.dictionaries(st.text(min_size=1, max_size=5), st.integers(0, 9), min_size=1, max_size=5).filter(
    lambda weights: sum(weights.values()) > 0
)


def to_shares(weights: dict[str, int]) -> dict[str, float]:
    """Scale weights to shares that sum to 1."""
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


@given(weights=Shares, group=st.text(), salt=st.text())
def test_a_group_has_one_split_whatever_the_order_of_the_shares(weights: dict[str, int], group: str, salt: str) -> None:
    """A recipe may name its splits in any order."""
    shares = to_shares(weights)
    backwards = dict(reversed(shares.items()))
    assert split_of(group, shares, salt=salt) == split_of(group, backwards, salt=salt)


@given(weights=Shares, group=st.text())
def test_a_split_without_a_share_gets_nothing(weights: dict[str, int], group: str) -> None:
    """A share of 0 switches a split off."""
    shares = to_shares(weights)
    assert shares[split_of(group, shares, salt="p")] > 0


@given(salt=st.text(), key=st.text())
def test_a_fraction_is_at_least_0_and_below_1(salt: str, key: str) -> None:
    """So that the first split starts at 0 and the last ends at 1."""
    assert 0 <= fraction(salt, key) < 1


def test_groups_fall_into_splits_by_their_shares() -> None:
    """Of 10,000 groups, each split has its share within one and a half points."""
    shares = {"train": 0.7, "test": 0.2, "hold": 0.1}
    counts = Counter(split_of(f"batch={number}", shares, salt="p") for number in range(10_000))
    assert all(abs(counts[name] / 10_000 - share) < 0.015 for name, share in shares.items())


def test_projects_split_the_same_groups_differently() -> None:
    """The project's name is the salt: one project's test rows are not another's by rule."""
    sides = [[split_of(str(key), {"a": 0.5, "b": 0.5}, salt=salt) for key in range(64)] for salt in ("p", "q")]
    assert sides[0] != sides[1]


def test_attributes_of_different_types_are_different_groups() -> None:
    """The number 1, the text "1" and true are three values, and no attribute is a group of the sample's own."""
    groups = [group_of("batch", {"batch": value}, "s1") for value in (1, "1", True)]
    assert [*groups, group_of("batch", {}, "s1")] == ["batch=1", 'batch="1"', "batch=true", 'sample_id="s1"']
