"""The watch: what raises an alarm, what does not, and what an alarm keeps from becoming normal."""

from functools import reduce
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.drift.budget import Budget
from quality.drift.cause import Cause, cause
from quality.drift.evidence import evidence
from quality.drift.holm import rejected
from quality.drift.labeled import errors
from quality.drift.measured import Aspect, Measure
from quality.drift.reference import Window, reference, watching
from quality.drift.watch import LENGTHS, Alarm, Watch, check, closed, followed
from quality.sketches.fields import Field, Kind
from quality.sketches.folding import sketches_of

FIELDS = (Field(name="level", kind=Kind.NUMBER), Field(name="tone", kind=Kind.CATEGORY))
LEVEL = Measure(field="level", aspect=Aspect.VALUES)
ERRORS = Measure(aspect=Aspect.ERRORS)
RECORDS, REFERENCE = 200, 20


def window(random: np.random.Generator, *, shift: float = 0.0, missing: float = 0.0, new: str = "") -> Window:
    """Return the sketches of a window whose numbers are shifted, some absent, and some of whose tones are new."""
    levels = random.normal(shift, 1.0, RECORDS)
    levels[random.random(RECORDS) < missing] = np.nan
    tones = random.choice(["high", "low", new or "low"], RECORDS).tolist()
    return {"": sketches_of({"level": levels, "tone": tones}, FIELDS)}


def quiet(seed: int = 0) -> tuple[Watch, list[Window], np.random.Generator]:
    """Return a watch of a reference, its windows, and what draws the next ones."""
    random = np.random.default_rng(seed)
    windows = [window(random) for _ in range(REFERENCE)]
    against = reference(windows)
    return watching([against.measured(one) for one in windows], against), windows, random


def location(watch: Watch) -> int:
    """Return the place of the component that tells where the numbers lie."""
    return int(watch.layout.starts[watch.layout.measures.index(LEVEL)])


def test_a_window_like_the_reference_raises_nothing() -> None:
    """Of the same distribution."""
    watch, windows, random = quiet()
    assert check(watch, reference(windows).measured(window(random)), 0.005)[1] == ()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"shift": 1.0}, Measure(field="level", aspect=Aspect.VALUES)),
        ({"missing": 0.1}, Measure(field="level", aspect=Aspect.MISSING)),
        ({"new": "shrill"}, Measure(field="tone", aspect=Aspect.VALUES)),
    ],
)
def test_an_alarm_names_what_has_changed(change: dict[str, float | str], found: Measure) -> None:
    """A shift of a standard deviation, a tenth missing, a third of a category that never came."""
    watch, windows, random = quiet()
    _, raised = check(watch, reference(windows).measured(window(random, **change)), 0.005)  # type: ignore[arg-type]
    assert raised[0].measure == found


def test_the_effect_of_a_shift_is_told_with_its_interval() -> None:
    """Of numbers a standard deviation above, 0.76 of pairs exceed one of the reference: 0.26 more than half."""
    watch, windows, random = quiet()
    _, raised = check(watch, reference(windows).measured(window(random, shift=1.0)), 0.005)
    effect = raised[0].effect
    assert raised[0].component == 0
    assert 0.15 < effect.low < 0.26 < effect.high


def test_a_small_change_is_found_when_enough_windows_show_it() -> None:
    """No window alone says so, several do together."""
    watch, windows, random = quiet()
    raised: tuple[Alarm, ...] = ()
    while not raised and len(watch.recent) <= max(LENGTHS):
        watch, raised = check(watch, reference(windows).measured(window(random, shift=0.2)), 0.005)
    assert raised[0].measure == LEVEL
    assert raised[0].windows > 1


def test_an_open_alarm_is_not_raised_again_until_it_is_closed() -> None:
    """Neither confirmed nor withdrawn, it says nothing new."""
    watch, windows, random = quiet()
    shifted = reference(windows).measured(window(random, shift=1.0))
    watch, raised = check(watch, shifted, 0.005)
    assert watch.open == {alarm.measure for alarm in raised}
    watch, again = check(watch, shifted, 0.005)
    assert again == ()
    assert LEVEL in [alarm.measure for alarm in check(closed(watch, LEVEL), shifted, 0.005)[1]]


def test_no_window_with_an_alarm_becomes_part_of_a_baseline() -> None:
    """A baseline that follows the stream takes quiet windows, and of a shifted one none, however long it goes on."""
    watch, windows, random = quiet()
    against, begun = reference(windows), watch
    for _ in range(max(LENGTHS) + 3):
        watch = followed(check(watch, against.measured(window(random)), 1e-9)[0])
    assert (watch.windows[:-3].sums == begun.windows[3:].sums).all()
    assert len(watch.windows) == REFERENCE
    for _ in range(3 * max(LENGTHS)):
        watch, raised = check(watch, against.measured(window(random, shift=1.0)), 0.005)
        watch = followed(reduce(closed, [alarm.measure for alarm in raised], watch))
    assert abs(watch.baseline.means[location(watch)] - 0.5) < 0.02


def test_windows_that_differ_as_the_reference_does_raise_nothing() -> None:
    """Where each window has a level of its own, independent records would cry wolf most of the time."""
    random = np.random.default_rng(5)
    windows = [window(random, shift=random.normal(0.0, 0.5)) for _ in range(REFERENCE + 100)]
    against = reference(windows[:REFERENCE])
    watch = watching([against.measured(one) for one in windows[:REFERENCE]], against)
    assert watch.baseline.design[location(watch)] > 20
    raised = 0
    for one in windows[REFERENCE:]:
        watch, found = check(watch, against.measured(one), 0.005)
        watch = reduce(closed, [alarm.measure for alarm in found], watch)
        raised += bool(found)
    assert raised <= 3


def test_few_labels_wait_until_they_are_enough() -> None:
    """Ten a window are judged with the fourth window, where four together have more than thirty."""
    random = np.random.default_rng(6)
    windows = [{ERRORS: errors(int(random.binomial(10, 0.2)), 10)} for _ in range(REFERENCE)]
    watch = watching(windows, reference([{}]))
    raised: list[int] = []
    for place in range(8):
        watch, found = check(watch, {ERRORS: errors(8, 10)}, 0.005)
        raised += [place] * bool(found)
    assert raised == [3]


def test_too_few_windows_make_no_baseline() -> None:
    """Seven do not; nothing is judged rather than guessed."""
    random = np.random.default_rng(0)
    windows = [window(random) for _ in range(7)]
    against = reference(windows)
    assert watching([against.measured(one) for one in windows], against).layout.measures == ()


def test_the_budget_is_kept_on_a_thousand_quiet_windows() -> None:
    """At most five false alarms are to be expected; fifteen would be five standard errors above."""
    raised = 0
    for seed in range(20):  # 50 windows each
        watch, windows, random = quiet(seed)
        against = reference(windows)
        for _ in range(50):
            watch, found = check(watch, against.measured(window(random)), Budget().level)
            watch = reduce(closed, [alarm.measure for alarm in found], watch)
            raised += bool(found)
    assert raised <= 5 + 3 * sqrt(5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.001, 0.2))
def test_holm_rejects_all_that_bonferroni_does(p_values: list[float], level: float) -> None:
    """And nothing above the level."""
    found = rejected(p_values, level)
    assert {place for place, p in enumerate(p_values) if p <= level / len(p_values)} <= set(found)
    assert all(p_values[place] <= level for place in found)


def test_holm_agrees_with_an_example_worked_out_by_hand() -> None:
    """0.01 <= 0.05/4, 0.015 <= 0.05/3, 0.03 > 0.05/2: two stand out, and 0.04 is not looked at."""
    assert rejected([0.04, 0.01, 0.03, 0.015], 0.05) == (1, 3)


def test_what_is_not_watched_is_no_evidence() -> None:
    """Where there is neither gold nor audit, a shift of data is not the labelers' doing."""
    watch, windows, random = quiet()
    found = evidence(watch, [reference(windows).measured(window(random, shift=1.0))], guideline=True)
    assert (found.errors, found.gold) == (1.0, 1.0)
    assert found.data < 0.01
    assert cause(found) is Cause.WORLD
