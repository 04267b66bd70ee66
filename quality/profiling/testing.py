"""For tests of profiling: rows whose columns say something."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from quality.rules.testing import anything

Table = Mapping[str, Sequence[object]]
CODES = {"red": "r1", "green": "g1", "blue": "b1"}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a row: a word and the code that it tells, two bounds in order, a number, a pattern, and anything."""
    word = draw(st.sampled_from(list(CODES)))
    low = draw(st.integers(-100, 100))
    return {
        "word": word,
        "code": CODES[word],
        "low": low,
        "high": low + draw(st.integers(0, 50)),
        "same": low,
        "number": draw(st.floats(-5, 5) | st.none()),
        "plate": draw(st.from_regex("[A-Z]{2}-[0-9]{1,3}", fullmatch=True)),
        "other": draw(anything | st.none()),
    }


def turned(given: Sequence[Mapping[str, object]]) -> Table:
    """Return rows as columns."""
    return {name: [row[name] for row in given] for name in given[0]}


def tables(least: int = 1) -> st.SearchStrategy[Table]:
    """Return a strategy for so many rows or more, as columns, few of which are alike."""
    return st.lists(rows(), min_size=least, max_size=least + 20).map(turned)
