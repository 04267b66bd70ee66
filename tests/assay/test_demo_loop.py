"""What the demo says of the loop, and when it calls it closed."""

from typing import Any

import pytest

from assay.demo.loop_report import Bought, Labels, LoopReport, Named, Part, loop_told
from catalog.comparison import compare
from quality.drift.cause import Cause
from quality.drift.measured import Aspect
from quality.intervals import Interval, wilson
from schemas.drift import AlarmState


def alarm(**changes: Any) -> Named:
    """Return a confirmed alarm of the slice."""
    return Named(
        slice="attributes.feed = tray",
        field="pixels.axis1",
        aspect=Aspect.VALUES,
        component="place",
        p_value=2e-5,
        effect=Interval(low=0.1, estimate=0.2, high=0.3),
        state=AlarmState.CONFIRMED,
        cause=Cause.WORLD,
    ).model_copy(update=changes)


def looped(*, before: int = 60, after: int = 90, **changes: Any) -> LoopReport:
    """Return a loop that closed: so many of 200 gold rows were right before, and so many are."""
    (found,) = compare([row < after for row in range(200)], [row < before for row in range(200)], [[True] * 200])
    assert found is not None
    return LoopReport(
        column="attributes.feed",
        value="tray",
        told="the tray slips",
        model="version 2",
        starved_rows=41,
        starved_share=0.072,
        calm=Part(records=1_500, inside=120, error=wilson(6, 120)),
        changed=Part(records=2_000, inside=160, error=wilson(80, 160)),
        windows=60,
        alarm=alarm(),
        others=(),
        alarms_before=0,
        named_after=1_000,
        bought=Bought(
            wanted=40,
            selected=41,
            settled=40,
            wrong=20,
            error=wilson(20, 40),
            before=Labels(settled=15, wrong=2, error=wilson(2, 15)),
        ),
        wanted=60,
        selected=64,
        added=110,
        version=3,
        rows=140,
        held_out=found,
        state="closed by version 3",
    ).model_copy(update=changes)


@pytest.mark.parametrize(
    ("report", "ok"),
    [
        (looped(), True),
        (looped(alarm=alarm(slice="source = scanner-1")), False),
        (looped(alarm=alarm(slice="")), False),
        (looped(alarm=alarm(state=AlarmState.WITHDRAWN)), False),
        (looped(after=61), False),  # one row of two hundred may be chance
        (looped(before=90, after=60), False),
        (looped(state="short"), False),
        (looped(state="closed by version 2"), False),
    ],
)
def test_the_loop_is_closed_by_an_alarm_that_names_the_slice_and_a_model_that_errs_less(
    report: LoopReport,
    ok: bool,  # noqa: FBT001 - the other half of the case
) -> None:
    """And only if labels confirmed the alarm, and the ledger says so of this version."""
    assert report.ok is ok


def test_each_step_is_told_with_its_figures() -> None:
    """And what is simulated is called so."""
    told = loop_told(looped())
    assert "41 rows, 7.2%" in told["a slice is starved"]
    assert "errs on 0.500 [0.423, 0.577]" in told["and changes"]
    assert "within 1000 records: place of pixels.axis1, p 2.0e-05" in told["an alarm names it"]
    assert "20 contradict the prediction, 0.500" in told["labels are bought"]
    assert "of 15 audit labels of all samples before" in told["labels are bought"]
    assert "60 labels asked for, 64 samples" in told["a quota fills"]
    assert "0.700 wrong before, 0.550 now" in told["the next model errs less"]
    assert told["the slice ledger says"] == "closed by version 3"
    assert all("simulated" in told[name] for name in ("a slice is starved", "and changes", "labels are bought"))
    assert "simulated" in told["a quota fills"]
