"""Labels that alarms of drift buy: as many as they want, drawn uniformly from their slices, within the budget."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from quality.ranking import rank
from quality.routing.batch import Batch
from quality.routing.router import Router
from quality.routing.state import Plan, RoutingState
from quality.state import State
from schemas.routing import Confirming, Steering
from schemas.testing import routing_policy
from schemas.verdicts import Reason, Selection

LENGTH = 20_000
OF_NIGHT = Confirming(alarm=7, column="night", value="True", want=50)
OF_ALL = Confirming(alarm=9, want=60)


def stream(start: int = 0, stop: int = LENGTH) -> Batch:
    """Return samples of which a fifth is of the night, and nearly a third loud; all have one embedding."""
    random = np.random.default_rng(4)
    night, loud = random.random(LENGTH) < 0.2, random.random(LENGTH) < 0.3
    count = stop - start
    ranking = rank([{"cat": 0.9, "dog": 0.1}] * count)
    return Batch(
        offsets=range(start, stop),
        timestamps=[0] * count,
        sample_ids=[f"s{number}" for number in range(start, stop)],
        columns={
            "prediction.scores": [{"cat": 0.9, "dog": 0.1}] * count,
            "prediction.top": ranking.tops,
            "prediction.margin": ranking.margins,
            "source": ["here"] * count,
            "embedding": [[1.0, 2.0]] * count,
            "night": night.tolist()[start:stop],
            "loud": loud.tolist()[start:stop],
        },
    )


def route(*alarms: Confirming, steps: int = LENGTH, **changes: Any) -> dict[int, Selection]:
    """Route the stream in steps, from state to state as bytes; the alarms are open from block 10 on."""
    policy = routing_policy(block=200, budget={"share": 0.05}, rare=None, **changes)
    planned = Plan(block=10, steering=Steering(version=1, confirming=alarms))
    state, found = State(routing=RoutingState(planned=planned)), dict[int, Selection]()
    for start in range(0, LENGTH, steps):
        router = Router(policy, State.from_bytes(state.to_bytes()).routing, own={})
        chosen = router.route(stream(start, min(LENGTH, start + steps)))
        found |= {start + place: one for place, one in chosen.items()}
        state = State(routing=router.state)
    return found


def bought(found: dict[int, Selection], alarm: int) -> list[int]:
    """Return the places of what was selected for an alarm."""
    return [place for place, one in found.items() if alarm in one.alarms]


def columns(places: Sequence[int], name: str) -> Any:
    """Return what the samples at these places have in a column."""
    return np.array(stream().columns[name])[places]


def test_an_alarm_gets_the_labels_that_it_wants_of_its_slice_and_then_no_more() -> None:
    """Although all repeat what is queued; and they say so, and of which alarm they are."""
    found = route(OF_NIGHT)
    places = bought(found, 7)
    assert len(places) == pytest.approx(50, abs=12)
    assert columns(places, "night").all()
    assert min(places) >= 2_000
    assert max(places) < 8_000
    assert all(Reason.DRIFT in found[place].reasons for place in places)
    assert {place for place, one in found.items() if Reason.DRIFT in one.reasons} == set(places)


def test_what_is_bought_for_an_alarm_is_uniform_whatever_other_alarms_are_open() -> None:
    """Those of all samples are as often of the night, or loud, as the stream is."""
    places = bought(route(OF_NIGHT, OF_ALL.model_copy(update={"want": 400})), 9)
    assert len(places) > 300
    assert columns(places, "night").mean() == pytest.approx(0.2, abs=0.07)
    assert columns(places, "loud").mean() == pytest.approx(0.3, abs=0.08)


def test_the_budget_is_held_with_alarms_too() -> None:
    """What they take others do not get."""
    apart: dict[str, Any] = {"novel": None, "representative": None, "space": None}
    assert len(route(OF_NIGHT, OF_ALL, **apart)) == pytest.approx(0.05 * LENGTH, rel=0.1)


def test_how_the_stream_is_cut_changes_nothing() -> None:
    """State is carried from frame to frame, in checkpoints, and counts what each alarm has."""
    assert route(OF_NIGHT, OF_ALL, steps=170) == route(OF_NIGHT, OF_ALL)


def test_each_partition_buys_its_part() -> None:
    """Rounded up."""
    steering = Steering(confirming=(OF_NIGHT,)).of_partition(3)
    assert steering.confirming[0].want == 17


def test_a_slice_that_never_comes_costs_nothing() -> None:
    """Nothing is selected for its alarm."""
    never = Confirming(alarm=3, column="night", value="noon", want=50)
    assert bought(route(never), 3) == []
