"""Windows of the stream: what they hold depends on the records alone, and every record is in just one."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from quality.frames import Record
from quality.screening import Outcome
from quality.sketches.asked import sketching_of, unknown_columns
from quality.sketches.categories import Categories
from quality.sketches.folding import to_bytes
from quality.sketches.numeric import Numbers
from quality.sketches.running import Sketching
from quality.sketches.window import OTHERS, SLICES, Dispositions, Slice, StreamWindow
from quality.state import State
from quality.testing import kafka, screened, screening
from schemas.drift import DriftPolicy
from schemas.testing import Reading, encoded, record

WINDOW = 7
ASKED = sketching_of(DriftPolicy(window=WINDOW, slices=("attributes.batch",)), Reading)
# Samples of three sources, some of which repeat, some without the sliced attribute; and what is none.
samples = st.builds(
    lambda number, source, batch: encoded(
        record(number, source=source, attributes={} if batch is None else {"batch": batch})
    ),
    st.integers(0, 40),
    st.sampled_from(["camera-1", "camera-2", "nobody"]),
    st.sampled_from([None, "a", "b"]),
)
streams = st.lists(st.one_of(samples, samples, samples, st.just(b"{}")), min_size=1, max_size=40).map(kafka)


def windows(outcomes: Sequence[Outcome]) -> list[StreamWindow]:
    """Return the windows that frames closed."""
    return [window for outcome in outcomes for window in outcome.windows]


def written(found: Sequence[StreamWindow]) -> list[Any]:
    """Return all that windows hold."""
    return [(one.first, one.next, one.earliest, one.latest, one.ended, one.by_slice, _held(one)) for one in found]


def _held(window: StreamWindow) -> list[tuple[Slice, bytes]]:
    return [(of, to_bytes(sketches)) for of, sketches in window.sketches.items()]


@settings(max_examples=50)
@given(stream=streams, cuts=st.lists(st.integers(0, 40), max_size=6))
def test_the_cut_into_frames_changes_no_window(stream: list[Record], cuts: list[int]) -> None:
    """Windows begin and end where offsets say, and hold the same bytes; the state in between does too."""
    asked = screening(sketching=ASKED)
    whole, parts = screened(stream, asked), screened(stream, asked, cuts)
    assert written(windows(parts)) == written(windows(whole))
    assert parts[-1].state.to_bytes() == whole[-1].state.to_bytes()


@settings(max_examples=50)
@given(stream=streams)
def test_every_record_is_in_one_window(stream: list[Record]) -> None:
    """Windows follow each other without a gap, and count what became of their records as the receipt does."""
    (outcome,) = screened(stream, screening(sketching=ASKED))
    found = windows([outcome])
    assert [(one.first, one.next) for one in found] == [
        (first, first + WINDOW) for first in range(0, len(stream) - WINDOW + 1, WINDOW)
    ]
    said = Counter[str]()
    for run in outcome.receipt.runs:
        said.update({run.disposition.value: len(range(run.first, min(run.first + run.count, len(found) * WINDOW)))})
    ended = sum((one.ended for one in found), start=Dispositions())
    assert (ended.accepted, ended.rejected, ended.duplicate) == (said["accepted"], said["rejected"], said["duplicate"])


@settings(max_examples=50)
@given(stream=streams)
def test_slices_are_counted_apart(stream: list[Record]) -> None:
    """All sources together are all accepted samples, and of the sliced attribute those that have it."""
    for window in windows(screened(stream, screening(sketching=ASKED))):
        of_sources = [sketches for of, sketches in window.sketches.items() if of.column == "source"]
        assert sum(sketches["highest"].rows for sketches in of_sources) == window.ended.accepted
        for of, ended in window.by_slice.items():
            assert ended.accepted == (window.sketches[of]["highest"].rows if of in window.sketches else 0)


def test_a_window_holds_what_the_contract_says() -> None:
    """Each field of the payload, and the prediction."""
    stream = kafka([encoded(record(number, source="camera-1")) for number in range(WINDOW)])
    (window,) = windows(screened(stream, screening(sketching=ASKED)))
    sketches = window.sketches[Slice(column="source", value="camera-1")]
    assert {"prediction.confidence", "prediction.top", "highest"} <= sketches.keys()
    assert {sketch.rows for sketch in sketches.values()} == {WINDOW}
    assert isinstance(sketches["prediction.margin"].values, Numbers)
    assert isinstance(sketches["prediction.top"].values, Categories)


def test_a_window_ends_where_what_is_sketched_changes() -> None:
    """After a restart with other fields a new window begins, and nothing is counted in both."""
    stream = kafka([encoded(record(number)) for number in range(2 * WINDOW)])
    state = screened(stream[:3], screening(sketching=ASKED))[-1].state
    less = Sketching(fields=ASKED.fields[:1], window=WINDOW)
    found = windows(screened(stream[3:], screening(sketching=less), state=state))
    assert [(one.first, one.next) for one in found] == [(0, 3), (3, WINDOW), (WINDOW, 2 * WINDOW)]
    assert [one.ended.accepted for one in found] == [3, WINDOW - 3, WINDOW]


def test_offsets_without_records_end_no_window_twice() -> None:
    """A window that no record ends is closed by the first record after it."""
    stream = [one for one in kafka([encoded(record(number)) for number in range(30)]) if one.offset not in range(5, 22)]
    found = windows(screened(stream, screening(sketching=ASKED)))
    assert [(one.first, one.next, one.ended.accepted) for one in found] == [(0, 7, 5), (21, 28, 6)]


def test_sources_without_end_are_one_slice() -> None:
    """However many sources there are, so many are sketched apart, and the others together."""
    stream = kafka([encoded(record(number, source=f"camera-{number}")) for number in range(100)])
    (window,) = windows(screened(stream, screening(sketching=sketching_of(DriftPolicy(window=100), Reading))))
    assert len(window.sketches) == SLICES + 1
    assert window.by_slice[Slice(column="source", value=OTHERS)].accepted == 100 - SLICES


def test_a_running_window_survives_a_checkpoint() -> None:
    """State is read from its bytes as it was."""
    stream = kafka([encoded(record(number)) for number in range(3)] + [b"{}"])
    state = screened(stream, screening(sketching=ASKED))[-1].state
    assert State.from_bytes(state.to_bytes()).to_bytes() == state.to_bytes()
    assert state.running.left == Dispositions(rejected=1)


def test_columns_that_no_sample_has_are_named() -> None:
    """A policy that asks for what the contract does not know is refused with the name."""
    policy = DriftPolicy(fields=("highest", "hight"), slices=("attributes.x", "batch"))
    assert unknown_columns(policy, Reading) == [
        "drift.fields: hight is no column of the contract's samples and no attributes.NAME.",
        "drift.slices: batch is no column of the contract's samples and no attributes.NAME.",
    ]
