"""What a lake table says of itself, and what follows for the rows that come."""

from hypothesis import given
from hypothesis import strategies as st

from storage.lake_marks import Fresh, doubtful, fresh_of, marks_of, positions_of, properties_of

Places = st.lists(st.tuples(st.sampled_from(["a.samples", "b"]), st.integers(0, 2), st.integers(0, 9)), max_size=30)


@given(deliveries=st.lists(Places, max_size=4))
def test_whatever_the_order_each_place_is_fresh_once(deliveries: list[list[tuple[str, int, int]]]) -> None:
    """Only what is doubtful by the marks is looked up, and that is enough."""
    held: list[tuple[str, int, int]] = []
    properties: dict[str, str] = {}
    for places in deliveries:
        ranges = doubtful(places, marks_of(properties))
        found = [place for place in held if (at := ranges.get(place[:2])) and at[0] <= place[2] <= at[1]]
        fresh = fresh_of(places, marks_of(properties), found)
        held += [places[row] for row in fresh.rows]
        properties |= properties_of(fresh, {}, properties)
    assert sorted(held) == sorted({place for places in deliveries for place in places})
    assert marks_of(properties) == {at[:2]: max(one[2] for one in held if one[:2] == at[:2]) for at in held}


def test_positions_only_move_forward() -> None:
    """A worker that was overtaken does not take the others back."""
    nothing = Fresh(rows=(), marks={})
    ahead = properties_of(nothing, {("zoo.accepted", 1): 90, ("zoo.accepted", 2): 5}, {})
    after = properties_of(nothing, {("zoo.accepted", 1): 40, ("zoo.accepted", 3): 7}, ahead)
    assert positions_of(ahead | after) == {("zoo.accepted", 1): 90, ("zoo.accepted", 2): 5, ("zoo.accepted", 3): 7}
    assert marks_of(ahead | after) == {}
