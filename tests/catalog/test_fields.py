"""Types of payload fields: found in one pass, they are what Arrow finds for all values together."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from catalog.fields import Fields, column, field_types

Scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
)
Values = st.recursive(Scalars, lambda inner: st.lists(inner, max_size=3) | st.just({"a": 1}), max_leaves=4)
Numbers = st.integers(-(2**65), 2**65) | st.floats(allow_nan=False, allow_infinity=False)
# Of any sort and of nearly one: values that share a type are rare among the former.
Columns = st.one_of(
    st.lists(Values, min_size=1, max_size=6),
    *(st.lists(st.none() | one, min_size=1, max_size=6) for one in (Numbers, st.text(), st.lists(Numbers, max_size=3))),
)


def by_arrow(values: list[JsonValue]) -> pa.Array | None:
    """Return the values as Arrow has them, None where they share no type that all of Parquet's readers know."""
    if any(isinstance(value, dict) for value in values):
        return None
    try:
        found = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return None
    inner = found.type.value_type if pa.types.is_list(found.type) else found.type
    return None if pa.types.is_null(inner) or pa.types.is_nested(inner) else found


@given(values=Columns, cut=st.integers(0, 6))
def test_the_type_found_in_one_pass_is_that_of_all_values_together(values: list[JsonValue], cut: int) -> None:
    """And so are the values, converted with it; however many are looked at together."""
    fields, expected = Fields(), by_arrow(values)
    for lot in (values[:cut], values[cut:]):
        fields.note([{"field": value} for value in lot])
    of_type = fields.types["field"]
    if expected is None:
        assert of_type is None
    else:
        assert of_type == expected.type
        assert column(values, of_type).equals(expected)


def test_texts_among_values_of_no_shared_type_are_told_as_json_in_every_part() -> None:
    """A part that holds texts only must not look as if the field did."""
    of_type = field_types([{"field": 1}, {"field": "x"}])["field"]
    assert column(["x"], of_type).to_pylist() == ['"x"']
