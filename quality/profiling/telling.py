"""Candidates about two columns of which one tells the other: the pairs of values that go together."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from quality.profiling.candidate import Candidate
from quality.profiling.caution import Caution, unseen_mass
from quality.profiling.chance import unlikely
from quality.profiling.profile import PLAIN, ColumnProfile, Key, key
from quality.profiling.single import LISTED_TEXTS
from quality.rules.columns import is_absent

# Most different pairs that are listed.
LISTED_PAIRS = 100

# Two values as their keys, and how many rows have both.
Pairs = list[tuple[tuple[Key, Key], int]]


@dataclass(frozen=True, kw_only=True)
class Together:
    """Two columns, and the pairs of their values, the most common first."""

    first: str
    second: str
    pairs: Pairs

    @property
    def turned(self) -> "Together":
        """The same, the second column first."""
        pairs = [((b, a), count) for (a, b), count in self.pairs]
        return Together(first=self.second, second=self.first, pairs=pairs)

    @cached_property
    def rows(self) -> int:
        """How many rows have one of the pairs."""
        return sum(count for _, count in self.pairs)

    @cached_property
    def once(self) -> int:
        """How many pairs one row alone has."""
        return sum(count == 1 for _, count in self.pairs)

    def tells(self, caution: Caution, columns: int) -> bool:
        """Say whether the first column tells the second: by few pairs, hardly any unseen, and hardly by accident."""
        if not 0 < len({a for (a, _), _ in self.pairs}) == len(self.pairs) <= LISTED_PAIRS:
            return False
        shares: Counter[Key] = Counter()
        for (_, b), count in self.pairs:
            shares[b] += count
        # Each row but the first with a value of the first column must agree with that one.
        agree = sum((count / self.rows) ** 2 for count in shares.values())
        seen = unseen_mass(self.once, self.rows) <= caution.unseen
        return seen and len(shares) > 1 and unlikely(agree, self.rows - len(self.pairs), columns)


def candidates(
    columns: Mapping[str, Sequence[object]], profiles: Sequence[ColumnProfile], caution: Caution
) -> Iterator[Candidate]:
    """Yield the lists of pairs of columns whose values could be listed."""
    fit = {each.name: each for each in profiles if _is_listed(each, caution)}
    keyed = {name: [None if is_absent(value) else key(value) for value in columns[name]] for name in fit}
    both = (_together(one, other, keyed, caution) for one, other in combinations(fit, 2))
    telling = [each for pair in both for each in (pair, pair.turned) if each.tells(caution, len(profiles))]
    for each in _simplest(telling):
        yield _listed(each, fit)


def _is_listed(column: ColumnProfile, caution: Caution) -> bool:
    kept = [value for value, count in column.values if count > 1 or caution.mostly == 1]
    return 1 < len(kept) <= LISTED_TEXTS and {type(value) for value in kept} <= PLAIN - {float}


def _together(one: str, other: str, keyed: Mapping[str, Sequence[Key | None]], caution: Caution) -> Together:
    """Return the pairs of two columns; those that one row alone has only where all rows are good."""
    counted = Counter(zip(keyed[one], keyed[other], strict=True))
    kept = [
        ((a, b), count)
        for (a, b), count in counted.items()
        if a is not None and b is not None and (count > 1 or caution.mostly == 1)
    ]
    return Together(first=one, second=other, pairs=sorted(kept, key=lambda two: (-two[1], two[0])))


def _simplest(telling: Sequence[Together]) -> list[Together]:
    """Keep for each column the one that tells it with the fewest pairs, and of two that tell each other one."""
    best: dict[str, Together] = {}
    for each in sorted(telling, key=lambda one: (one.second, len(one.pairs), one.first)):
        best.setdefault(each.second, each)
    return list({frozenset((each.first, each.second)): each for each in best.values()}.values())


def _listed(told: Together, profiles: Mapping[str, ColumnProfile]) -> Candidate:
    values = {name: _by_key(profiles[name]) for name in (told.first, told.second)}
    pairs = [[values[told.first][a], values[told.second][b]] for (a, b), _ in told.pairs]
    return Candidate(
        type="expect_column_pair_values_to_be_in_set",
        kwargs={
            "column_A": told.first,
            "column_B": told.second,
            "value_pairs_set": pairs,
            "ignore_row_if": "either_value_is_missing",
        },
        why=f"{told.first} tells {told.second}: {len(pairs)} pairs in {told.rows} rows, {told.once} of them seen once",
        figures={"distinct": len(pairs), "unseen_mass": unseen_mass(told.once, told.rows)},
    )


def _by_key(column: ColumnProfile) -> dict[Key, Any]:
    return {key(value): value for value, _ in column.values}
