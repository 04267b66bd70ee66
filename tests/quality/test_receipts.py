"""A receipt says of every offset of its frame where it ended, in as few runs as can be."""

from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from quality.frames import Frame, Record
from quality.receipts import receipt_of
from quality.rules import Window
from schemas.verdicts import Disposition, DuplicateOf, Receipt, Versions

# Offsets that leap at times, and where the records at them ended.
ends = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(Disposition)), min_size=1, max_size=30).map(
    lambda steps: (list(accumulate(step for step, _ in steps)), [ended for _, ended in steps])
)


def receipt(offsets: list[int], ended: list[Disposition]) -> Receipt:
    """Return the receipt of a frame whose records ended so."""
    at = {kind: [place for place, one in enumerate(ended) if one is kind] for kind in Disposition}
    records = [Record(offset=offset, key=None, value=b"", headers=(), timestamp=0) for offset in offsets]
    return receipt_of(
        Frame.of("t", 0, records),
        rejected=at[Disposition.REJECTED],
        duplicates=[
            DuplicateOf(offset=offsets[place], of=0, kind="same_id", distance=0.0)
            for place in at[Disposition.DUPLICATE]
        ],
        selected=[],
        window=Window(),
        steered=None,
        versions=Versions(contract=1, suite="", policy=""),
    )


@given(ends)
def test_runs_say_where_each_offset_ended(records: tuple[list[int], list[Disposition]]) -> None:
    """Whatever offsets are missing in between."""
    offsets, ended = records
    told = receipt(offsets, ended)
    assert [run.first + step for run in told.runs for step in range(run.count)] == offsets
    assert [run.disposition for run in told.runs for _ in range(run.count)] == ended


@given(ends)
def test_a_run_ends_only_where_something_changes(records: tuple[list[int], list[Disposition]]) -> None:
    """The disposition, or where offsets leap."""
    for one, other in pairwise(receipt(*records).runs):
        assert one.disposition is not other.disposition or one.first + one.count != other.first
