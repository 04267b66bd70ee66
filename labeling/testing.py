"""For tests: Hypothesis strategies of what labelers draw."""

from hypothesis import strategies as st

from schemas.boxes import Box

LABELERS = ("ann", "ben", "cat", "dan")
# On a grid of halves, so that sums and IoU have no surprises of rounding.
places = st.integers(0, 40).map(lambda halves: halves / 2)
sizes = st.integers(1, 40).map(lambda halves: halves / 2)
boxes = st.builds(
    lambda name, left, top, width, height: Box(name=name, left=left, top=top, right=left + width, bottom=top + height),
    st.sampled_from(["crack", "hole"]),
    places,
    places,
    sizes,
    sizes,
)
drawn = st.dictionaries(st.sampled_from(LABELERS), st.lists(boxes, max_size=4))


def box(name: str, left: float, top: float, right: float, bottom: float) -> Box:
    """Return a box."""
    return Box(name=name, left=left, top=top, right=right, bottom=bottom)
