"""Candidates about one column."""

from collections.abc import Iterator, Sequence

from quality.profiling.candidate import Candidate
from quality.profiling.caution import Caution, unseen_mass
from quality.profiling.profile import PLAIN, ColumnProfile, Range
from quality.profiling.shapes import pattern, shape

# Most values that are listed: of texts, as many as a person reads through; of whole numbers, which more often
# count or measure something, as many as codes have.
LISTED_TEXTS, LISTED_NUMBERS = 50, 10
# Rows that each listed value needs on average.
ROWS_A_VALUE = 10
# Most shapes that one pattern allows, and most runs of one shape: beyond that it is prose.
SHAPES, RUNS = 3, 12
# Whole numbers that all have so many digits or more are codes, and their size says nothing.
CODE_DIGITS = 5
# By which part the lengths of free text may fall below the shortest one, or exceed the longest.
LENGTHS = 0.5
# How many interquartile ranges beyond its quartiles a number is far out (J. W. Tukey, Exploratory Data Analysis, 1977).
FAR_OUT = 3


def candidates(column: ColumnProfile, caution: Caution) -> Iterator[Candidate]:
    """Yield what could be expected of a column; a list of values says all but the presence once more."""
    if not column.present:
        return
    yield _present(column)
    listed = _listed(column, caution)
    if listed:
        yield listed
    if _numeric(column, caution) and not _coded(column):
        yield from _measured(column, caution)
    else:
        yield from _written(column, caution)


def _present(column: ColumnProfile) -> Candidate:
    return Candidate(
        type="expect_column_values_to_not_be_null",
        kwargs={"column": column.name},
        why=f"{column.present} of {column.rows} rows have a value",
    )


def _listed(column: ColumnProfile, caution: Caution) -> Candidate | None:
    """Propose the list of values: few, each seen often, and hardly any seen once, so that few are unseen.

    Where some rows may be bad, what one row alone has is taken for bad.
    """
    kept = column.values if caution.mostly == 1 else tuple(each for each in column.values if each[1] > 1)
    rows = sum(count for _, count in kept)
    once = sum(count == 1 for _, count in kept)
    most = LISTED_NUMBERS if column.count("int") else LISTED_TEXTS
    if not {type(value) for value, _ in kept} <= PLAIN - {float} or not 0 < len(kept) <= most:
        return None
    if len(kept) * ROWS_A_VALUE > rows or unseen_mass(once, rows) > caution.unseen:
        return None
    return Candidate(
        type="expect_column_values_to_be_in_set",
        kwargs={"column": column.name, "value_set": [value for value, _ in kept]},
        why=f"{len(kept)} different values in {rows} rows, {once} of them seen once",
        figures={"distinct": len(kept), "unseen_mass": unseen_mass(once, rows)},
    )


def _numeric(column: ColumnProfile, caution: Caution) -> bool:
    return column.count("int", "float", "Decimal") >= max(1.0, caution.mostly * column.present)


def _coded(column: ColumnProfile) -> bool:
    """Say whether all values are whole numbers with the same many digits, such as telephone numbers."""
    return (
        column.count("int") == column.present
        and len(column.shapes) == 1
        and column.lengths is not None
        and column.lengths[0] == column.lengths[1] >= CODE_DIGITS
    )


def _measured(column: ColumnProfile, caution: Caution) -> Iterator[Candidate]:
    """Propose the type of numbers, and a range; identifiers, which are whole and all different, have none."""
    whole = column.count("float", "Decimal") == 0
    if column.count("Decimal") == 0:
        yield Candidate(
            type="expect_column_values_to_be_in_type_list",
            kwargs={"column": column.name, "type_list": ["int"] if whole else ["int", "float"]},
            why=f"{column.count('int')} whole numbers and {column.count('float')} fractions in {column.present} values",
        )
    if column.numbers is not None and column.numbers.low < column.numbers.high and not (whole and column.unique):
        yield _between(column, column.numbers, caution)


def _between(column: ColumnProfile, numbers: Range, caution: Caution) -> Candidate:
    """Propose the range, widened; what has never been negative stays so."""
    low, high = (numbers.low, numbers.high) if caution.mostly == 1 else _usual(numbers)
    margin = caution.margin * (high - low)
    least = max(0.0, low - margin) if low >= 0 else low - margin
    return Candidate(
        type="expect_column_values_to_be_between",
        kwargs={"column": column.name, "min_value": least, "max_value": high + margin},
        why=f"numbers from {low:g} to {high:g}, widened by {caution.margin:.0%} of that at either end",
        figures={"low": low, "high": high, "margin": margin, "beyond_by_chance": min(1.0, 2 / (column.present + 1))},
    )


def _usual(numbers: Range) -> tuple[float, float]:
    """Return the range of the numbers that are not far out."""
    _, first, _, third, _ = numbers.quantiles
    reach = FAR_OUT * (third - first)
    if reach == 0:
        return numbers.low, numbers.high
    return max(numbers.low, first - reach), min(numbers.high, third + reach)


def _written(column: ColumnProfile, caution: Caution) -> Iterator[Candidate]:
    """Propose the pattern of texts that look alike, else how long free text is."""
    patterned = _pattern(column, caution)
    if patterned:
        yield patterned
    elif column.lengths is not None and column.count("str") == column.present:
        shortest, longest = column.lengths
        yield Candidate(
            type="expect_column_value_lengths_to_be_between",
            kwargs={
                "column": column.name,
                "min_value": int(shortest * (1 - LENGTHS)),
                "max_value": int(longest * (1 + LENGTHS)) + 1,
            },
            why=f"texts of {shortest} to {longest} characters, widened by {LENGTHS:.0%} at either end",
            figures={"shortest": shortest, "longest": longest},
        )


def _pattern(column: ColumnProfile, caution: Caution) -> Candidate | None:
    kept = column.shapes if caution.mostly == 1 else tuple(each for each in column.shapes if each[1] > 1)[:SHAPES]
    rows = sum(count for _, count in kept)
    once = sum(count == 1 for _, count in kept)
    if not 0 < len(kept) <= SHAPES or any(not 0 < len(each) <= RUNS for each, _ in kept):
        return None
    if unseen_mass(once, rows) > caution.unseen:
        return None
    texts = [str(value) for value, _ in column.values]
    parts = [pattern(_of_shape(texts, each)) for each, _ in kept]
    return Candidate(
        type="expect_column_values_to_match_regex",
        kwargs={"column": column.name, "regex": f"^{parts[0]}$" if len(parts) == 1 else f"^(?:{'|'.join(parts)})$"},
        why=f"{len(kept)} shapes in {rows} rows, {once} of them seen once",
        figures={"shapes": len(kept), "unseen_mass": unseen_mass(once, rows)},
    )


def _of_shape(texts: Sequence[str], wanted: tuple[str, ...]) -> list[str]:
    return [text for text in texts if shape(text) == wanted]
