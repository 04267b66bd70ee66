"""The table of Great Expectations' own expectations: what becomes of each on the stream, and what it may be given.

Checked against Great Expectations 1.24.1 by a test, and written out in docs/expectations.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from quality.rules import bounds, formats, kinds, patterns, presence, records, sets
from quality.rules.rule import Factory


class Place(StrEnum):
    """Where an expectation is judged."""

    COMPILED = "compiled"  # on the stream, row by row, and at the dataset gate
    WINDOWED = "windowed"  # it says something of many rows: on windows of the stream, and at the dataset gate
    GATE = "gate only"  # it says something of many rows, which only the gate has
    REFUSED = "refused"  # Great Expectations itself cannot judge it on pandas, so neither engine could


class Asks(StrEnum):
    """What an expectation must find in its columns, as far as the contract tells."""

    ANYTHING = "anything"
    NUMBERS = "numbers"  # text would break it in every row
    TEXT = "text"  # it parses text, and whatever else breaks it
    CHARACTERS = "characters"  # it counts those of a value's text; those of a list say nothing
    NO_TIMES = "no times"  # JSON has no times, so none of the listed values is one


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """One expectation of Great Expectations.

    `domain` names the kwargs that hold its columns, `needs` those that must be there beside them, `takes` those
    that may be; `note` says why it is not compiled, and what to use instead. `as_is` says that its verdict on one
    row would depend on the types of the others if a table gave the column one type.
    """

    place: Place
    domain: tuple[str, ...] = ("column",)
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    make: Factory | None = None
    asks: Asks = Asks.ANYTHING
    as_is: bool = False
    note: str = ""

    @property
    def options(self) -> frozenset[str]:
        """All kwargs that it may be given."""
        return frozenset(self.domain) | self.needs | self.takes | _REPORTING


# How Great Expectations reports; these change no verdict.
_REPORTING = frozenset({"result_format", "catch_exceptions"})
_CONDITION = frozenset({"row_condition", "condition_parser"})
_ROWS = _CONDITION | {"mostly"}
_SEVERAL = _ROWS | {"ignore_row_if"}
_BOUNDS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_PAIR = ("column_A", "column_B")
_MANY = ("column_list",)


def _column(
    make: Factory, *needs: str, takes: frozenset[str] = frozenset(), asks: Asks = Asks.ANYTHING, note: str = ""
) -> Expectation:
    takes = _ROWS | takes
    return Expectation(place=Place.COMPILED, needs=frozenset(needs), takes=takes, make=make, asks=asks, note=note)


def _verbatim(
    make: Factory, *needs: str, takes: frozenset[str] = frozenset(), asks: Asks = Asks.ANYTHING, note: str = ""
) -> Expectation:
    return replace(_column(make, *needs, takes=takes, asks=asks, note=note), as_is=True)


def _record(
    domain: tuple[str, ...],
    make: Factory,
    *needs: str,
    takes: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    asks: Asks = Asks.ANYTHING,
    note: str = "",
) -> Expectation:
    return Expectation(
        place=Place.COMPILED,
        domain=domain,
        needs=frozenset(needs),
        takes=(_SEVERAL | takes) - without,
        make=make,
        asks=asks,
        as_is=True,
        note=note,
    )


def _aggregate(note: str, *needs: str, takes: frozenset[str] = frozenset()) -> Expectation:
    return Expectation(place=Place.GATE, needs=frozenset(needs), takes=_CONDITION | takes, note=note)


def _windowed(*needs: str, takes: frozenset[str] = frozenset(), note: str = "") -> Expectation:
    return Expectation(place=Place.WINDOWED, needs=frozenset(needs), takes=_CONDITION | takes, note=note)


def _gate(domain: tuple[str, ...], note: str, *needs: str, takes: frozenset[str] = frozenset()) -> Expectation:
    return Expectation(place=Place.GATE, domain=domain, needs=frozenset(needs), takes=takes, note=note)


def _refused(domain: tuple[str, ...], note: str, *needs: str, takes: frozenset[str] = frozenset()) -> Expectation:
    return Expectation(place=Place.REFUSED, domain=domain, needs=frozenset(needs), takes=takes, note=note)


_OF_COLUMN = "it describes the whole column"
_OF_NUMBERS = "of numbers; with a row_condition at the gate only"
_OF_TEXTS = "of texts of the contract; with a row_condition at the gate only"
_OF_TABLE = "it describes the whole table"
_OF_NEIGHBOURS = "it compares each row with the one before, so the way a frame is cut would change the verdict"
_OF_OTHERS = "it compares each row with all others"
_PYTHON_TYPES = "the names are those of Python's types"
_LIKE = "Great Expectations has no LIKE on pandas"
_SQL = "it runs SQL, and the gate judges a table in memory"

EXPECTATIONS: Mapping[str, Expectation] = {
    "expect_column_distinct_values_to_be_in_set": _windowed("value_set", note=_OF_TEXTS),
    "expect_column_distinct_values_to_contain_set": _windowed("value_set", note=_OF_TEXTS),
    "expect_column_distinct_values_to_equal_set": _windowed("value_set", note=_OF_TEXTS),
    "expect_column_kl_divergence_to_be_less_than": _aggregate(
        _OF_COLUMN,
        takes=frozenset(
            {
                "partition_object",
                "threshold",
                "internal_weight_holdout",
                "tail_weight_holdout",
                "bucketize_data",
                "min_value",
                "max_value",
            }
        ),
    ),
    "expect_column_max_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_mean_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_median_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_min_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_most_common_value_to_be_in_set": _windowed(
        "value_set", takes=frozenset({"ties_okay"}), note=_OF_TEXTS
    ),
    "expect_column_pair_values_a_to_be_greater_than_b": _record(_PAIR, records.greater, takes=frozenset({"or_equal"})),
    "expect_column_pair_values_to_be_equal": _record(_PAIR, records.pair_equal),
    "expect_column_pair_values_to_be_in_set": _record(
        _PAIR,
        sets.pair_in_set,
        "value_pairs_set",
        without=_CONDITION,
        note="without row_condition, on which Great Expectations 1.24.1 fails here",
    ),
    "expect_column_proportion_of_non_null_values_to_be_between": _windowed(
        takes=_BOUNDS, note="with a row_condition at the gate only"
    ),
    "expect_column_proportion_of_unique_values_to_be_between": _windowed(takes=_BOUNDS, note=_OF_TEXTS),
    "expect_column_quantile_values_to_be_between": _windowed(
        "quantile_ranges",
        takes=frozenset({"allow_relative_error"}),
        note=f"{_OF_NUMBERS}; ask for all of a column at once, for the gate takes several such for the first of them",
    ),
    "expect_column_stdev_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_sum_to_be_between": _windowed(takes=_BOUNDS, note=_OF_NUMBERS),
    "expect_column_to_exist": _gate(("column",), _OF_TABLE, takes=frozenset({"column_index"})),
    "expect_column_type_to_be": _gate(
        ("column",),
        "it describes the gate's table, where a column is `object` if its values are kept as they are",
        "type_",
    ),
    "expect_column_unique_value_count_to_be_between": _windowed(takes=_BOUNDS, note=_OF_TEXTS),
    "expect_column_value_lengths_to_be_between": _verbatim(bounds.lengths_between, takes=_BOUNDS, asks=Asks.CHARACTERS),
    "expect_column_value_lengths_to_equal": _verbatim(bounds.length, "value", asks=Asks.CHARACTERS),
    "expect_column_value_z_scores_to_be_less_than": _aggregate(
        _OF_OTHERS, "threshold", "double_sided", takes=frozenset({"mostly"})
    ),
    "expect_column_values_to_be_between": _column(bounds.between, takes=_BOUNDS, asks=Asks.NUMBERS),
    "expect_column_values_to_be_dateutil_parseable": _column(
        formats.dateutil,
        asks=Asks.TEXT,
        note="what a date leaves out is that of 1 January 2000, and not of today as at the gate",
    ),
    "expect_column_values_to_be_decreasing": _aggregate(_OF_NEIGHBOURS, takes=frozenset({"strictly", "mostly"})),
    "expect_column_values_to_be_in_set": _column(sets.in_set, "value_set", asks=Asks.NO_TIMES),
    "expect_column_values_to_be_in_type_list": _verbatim(
        kinds.in_type_list, "type_list", note=f"{_PYTHON_TYPES}; those of tables, such as int64, add nothing"
    ),
    "expect_column_values_to_be_increasing": _aggregate(_OF_NEIGHBOURS, takes=frozenset({"strictly", "mostly"})),
    "expect_column_values_to_be_json_parseable": _column(formats.json_text, asks=Asks.TEXT),
    "expect_column_values_to_be_null": _column(presence.null),
    "expect_column_values_to_be_of_type": _verbatim(kinds.of_type, "type_", note=_PYTHON_TYPES),
    "expect_column_values_to_be_unique": _aggregate(_OF_OTHERS, takes=frozenset({"mostly"})),
    "expect_column_values_to_match_json_schema": _column(
        formats.json_schema, "json_schema", asks=Asks.TEXT, note="the schema may refer to nothing outside itself"
    ),
    "expect_column_values_to_match_like_pattern": _refused(
        ("column",),
        f"{_LIKE}: use expect_column_values_to_match_regex",
        "like_pattern",
        takes=_ROWS | {"escape"},
    ),
    "expect_column_values_to_match_like_pattern_list": _refused(
        ("column",),
        f"{_LIKE}: use expect_column_values_to_match_regex_list",
        "like_pattern_list",
        takes=_ROWS | {"match_on", "escape"},
    ),
    "expect_column_values_to_match_regex": _verbatim(patterns.matches, "regex"),
    "expect_column_values_to_match_regex_list": _verbatim(
        patterns.matches_several, "regex_list", takes=frozenset({"match_on"})
    ),
    "expect_column_values_to_match_strftime_format": _column(formats.strftime, "strftime_format", asks=Asks.TEXT),
    "expect_column_values_to_not_be_in_set": _column(sets.not_in_set, "value_set", asks=Asks.NO_TIMES),
    "expect_column_values_to_not_be_null": _column(presence.not_null),
    "expect_column_values_to_not_be_outliers": _aggregate(
        _OF_OTHERS, takes=frozenset({"method", "multiplier", "mostly"})
    ),
    "expect_column_values_to_not_match_like_pattern": _refused(
        ("column",),
        f"{_LIKE}: use expect_column_values_to_not_match_regex",
        "like_pattern",
        takes=_ROWS | {"escape"},
    ),
    "expect_column_values_to_not_match_like_pattern_list": _refused(
        ("column",),
        f"{_LIKE}: use expect_column_values_to_not_match_regex_list",
        "like_pattern_list",
        takes=_ROWS | {"escape"},
    ),
    "expect_column_values_to_not_match_regex": _verbatim(patterns.matches_not, "regex"),
    "expect_column_values_to_not_match_regex_list": _verbatim(patterns.matches_none, "regex_list"),
    "expect_compound_columns_to_be_unique": _gate(_MANY, _OF_OTHERS, takes=_SEVERAL),
    "expect_multicolumn_sum_to_equal": _record(_MANY, records.sum_equal, "sum_total", asks=Asks.NUMBERS),
    "expect_multicolumn_values_to_be_equal": _record(_MANY, records.all_equal),
    "expect_query_results_to_match_comparison": _refused(
        (),
        f"{_SQL}: compare in a trainer or a test of your own",
        "base_query",
        "comparison_data_source_name",
        "comparison_query",
        takes=frozenset({"mostly"}),
    ),
    "expect_select_column_values_to_be_unique_within_record": _record(_MANY, records.all_different),
    "expect_table_column_count_to_be_between": _gate((), _OF_TABLE, takes=frozenset({"min_value", "max_value"})),
    "expect_table_column_count_to_equal": _gate((), _OF_TABLE, "value"),
    "expect_table_columns_to_match_ordered_list": _gate(_MANY, _OF_TABLE),
    "expect_table_columns_to_match_set": _gate((), _OF_TABLE, takes=frozenset({"column_set", "exact_match"})),
    "expect_table_row_count_to_be_between": _gate((), _OF_TABLE, takes=_BOUNDS | _CONDITION),
    "expect_table_row_count_to_equal": _gate((), _OF_TABLE, "value", takes=_CONDITION),
    "expect_table_row_count_to_equal_other_table": _refused(
        (),
        "the gate judges one table: use expect_table_row_count_to_equal",
        "other_table_name",
        takes=_CONDITION,
    ),
    "unexpected_rows_expectation": _refused(
        (), f"{_SQL}: use a row_condition, or a computed field of the contract", "unexpected_rows_query"
    ),
}
