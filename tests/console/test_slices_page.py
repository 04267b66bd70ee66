"""The page of slices, as it is drawn."""

from console.pages.slices import drawn
from console.testing_pages import HOSTILE
from quality.intervals import wilson
from quality.slices.finding import Search, WorseSlice
from storage.slice_ledger import Line

NOTHING = Search(found=(), looked_at=12)
LINE = Line(
    column="attributes.noise",
    value=HOSTILE,
    guarded=True,
    wanted=200,
    quota=50,
    asked=50,
    queued=7,
    labeled=90,
    consistent=80,
    cases=90,
    error=wilson(9, 90),
    trained=(),
)


def test_a_slice_is_a_row_whatever_it_is_called() -> None:
    """Its text is shown, and runs nowhere."""
    told = drawn([LINE], NOTHING)
    assert "attributes.noise" in told
    assert "(guarded)" in told
    assert "10.0 %" in told
    assert "short" in told
    assert "<script" not in told
    assert "<img" not in told


def test_what_was_found_leads_to_samples_whatever_they_are_called() -> None:
    """An id may hold what an address cannot."""
    one = WorseSlice(
        conditions=(("attributes.noise", "car"), ("attributes.shift", "night")),
        cases=40,
        share=0.05,
        error=wilson(20, 40),
        elsewhere=wilson(10, 100),
        p_value=0.0004,
        examples=("a/b?&\"'",),
    )
    told = drawn([], Search(found=(one,), looked_at=12))
    assert "attributes.noise = car and attributes.shift = night" in told
    assert 'href="/sample?id=a%2Fb%3F%26%22%27"' in told
    assert "12 slices of one or two conditions were looked at" in told


def test_a_search_without_a_find_says_how_many_slices_it_looked_at() -> None:
    """And where nothing is declared, how one is."""
    told = drawn([], NOTHING)
    assert "Of 12 slices none is worse" in told
    assert "assay slices add" in told
