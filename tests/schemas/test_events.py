"""Events: every one that a package defines is frozen, strict, and reads itself back from JSON."""

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import catalog
import labeling
import quality
import schemas
from schemas.testing import register
from schemas.verdicts import Event, Reason, Run, Selection

# It imports Great Expectations, which takes seconds, and defines no event.
SLOW = "catalog.expectations"


def kinds_of(kind: type[Event]) -> list[type[Event]]:
    """Return every kind of event below this one."""
    return [found for below in kind.__subclasses__() for found in (below, *kinds_of(below))]


for package in (schemas, quality, labeling, catalog):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if module.name != SLOW:
            importlib.import_module(module.name)
KINDS = kinds_of(Event)
register(KINDS)


def test_the_packages_events_are_found() -> None:
    """The tests below would hold for none at all."""
    found = {kind.__name__ for kind in KINDS}
    assert {"AcceptedSample", "DeadLetter", "TaskRequest", "Receipt", "Label", "Fault", "Manifest"} <= found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_event_reads_itself_back_from_json(kind: type[Event], data: st.DataObject) -> None:
    """What is published is what was meant: no value is lost or becomes another on the way."""
    event = data.draw(st.from_type(kind))
    assert kind.model_validate_json(event.model_dump_json()) == event


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_event_is_frozen_and_knows_its_fields(kind: type[Event]) -> None:
    """A field that only one side knows is a bug of the other."""
    assert (kind.model_config["frozen"], kind.model_config["extra"]) == (True, "forbid")


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_an_event_refuses_what_json_cannot_say(score: float) -> None:
    """It would be read back as null."""
    with pytest.raises(ValidationError, match="finite"):
        Selection(reasons=(Reason.AUDIT,), scores={Reason.AUDIT: score}, propensity=0.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"reasons": (), "propensity": 0.5},
        {"reasons": ("audit",), "propensity": 0.0},
        {"reasons": ("audit",), "propensity": 1.5},
    ],
)
def test_a_selection_has_a_reason_and_a_probability(wrong: dict[str, object]) -> None:
    """Estimates divide by it."""
    with pytest.raises(ValidationError):
        Selection.model_validate({"scores": {}, **wrong})


def test_a_run_is_not_empty() -> None:
    """A run of nothing would account for nothing."""
    with pytest.raises(ValidationError, match="greater than 0"):
        Run.model_validate({"first": 0, "count": 0, "disposition": "accepted"})
