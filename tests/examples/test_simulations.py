"""Each example's simulated production is what it says, and screening finds what was planted in it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from assay.commands.project import check
from assay.demo.faults import Catch, caught
from assay.demo.script import Script
from assay.demo.tail import tail
from examples.simulation.faults import COUNTED_IN
from schemas.errors import InputError
from schemas.verdicts import Disposition

EXAMPLES = Path(__file__).parents[2] / "examples"
PROJECTS = ["digits", "shuttle"]


@pytest.fixture(params=PROJECTS)
def day(request: pytest.FixtureRequest, day_of: Any) -> Any:
    """The day of each project."""
    return day_of(request.param)


def test_the_seed_decides_everything(day: Any) -> None:
    """The same bytes again, and others for another seed."""
    production = day.script.simulation.production
    again = production(3, 200)
    assert production(3, 200) == again
    assert [one.value for one in production(4, 200)] != [one.value for one in again]


@pytest.mark.parametrize("samples", [COUNTED_IN, COUNTED_IN // 10])
def test_as_many_faults_are_planted_as_is_said(day: Any, samples: int) -> None:
    """In proportion to the good records."""
    simulation = day.script.simulation
    found = Counter(one.fault and one.fault.name for one in simulation.production(7, samples))
    assert found.pop(None) == samples
    assert found == {fault.name: fault.count * samples // COUNTED_IN for fault in simulation.faults}


def test_every_planted_fault_is_caught_in_its_own_way(day: Any) -> None:
    """By the rule that it breaks or as what it repeats, each."""
    planted = {(0, offset): fault for offset, fault in day.faults.items()}
    letters = {(0, letter.origin.offset): letter.violations for one in day.outcomes for letter in one.rejected.values()}
    assert caught(planted, letters, [one.receipt for one in day.outcomes]) == {
        fault.name: Catch(planted=fault.count, caught=fault.count) for fault in day.script.simulation.faults
    }


def test_good_records_are_accepted_and_no_others(day: Any) -> None:
    """All of them."""
    accepted = [offset for offset, end in enumerate(day.ends) if end is Disposition.ACCEPTED]
    assert accepted == [offset for offset, one in enumerate(day.records) if one.fault is None]


def test_a_duplicate_names_the_record_that_it_repeats(day: Any) -> None:
    """The good one that was spoiled: the last good record before it."""
    repeats = {one.offset: one.of for outcome in day.outcomes for one in outcome.receipt.duplicates}
    good = [offset for offset, one in enumerate(day.records) if one.fault is None]
    assert repeats == {offset: max(one for one in good if one < offset) for offset in repeats}


def test_the_rarest_class_is_selected_more_than_by_a_uniform_draw(day: Any) -> None:
    """By more than chance: all of its interval lies above."""
    answers = {(0, offset): one.truth.answer for offset, one in enumerate(day.records)}
    found = tail(answers, [one.receipt for one in day.outcomes])
    assert found.rarest == min(set(answers.values()), key=list(answers.values()).count)
    assert found.recall.low > 2 * found.uniform


def test_labelers_say_that_they_are_simulated_and_know_the_classes(day: Any) -> None:
    """Their names go wherever their labels go."""
    labelers, classes = day.script.simulation.labelers, day.script.project.config.labels.classes
    assert len(labelers) == 5
    assert all(labeler.name.startswith("simulated-") for labeler in labelers)
    assert {name for labeler in labelers for pair in labeler.confuses for name in pair} <= set(classes)
    assert {one.truth.answer for one in day.records} == set(classes)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_folder_is_sound(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`assay project check` finds nothing to mend."""
    check(EXAMPLES / name)
    assert f"is sound: project {name}, contract version 1" in " ".join(capsys.readouterr().out.split())


def test_a_project_without_a_simulation_is_refused() -> None:
    """Before anything is started."""
    with pytest.raises(InputError, match=r"simulation\.py there that defines SIMULATION"):
        Script.of(EXAMPLES.parent / "bench" / "line", samples=1, seed=1)
