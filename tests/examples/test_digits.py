"""The digits project: its simulated production is what it says, and screening finds what was planted in it."""

from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from examples.digits.contract import DigitV1
from examples.digits.production import PLANTED, SAMPLES, SHARES, Fault, Production, production
from examples.digits.trainer import GOLD_SEED, GOLD_TEST, gold_seed, gold_test, pool, scanned, train
from quality.frames import Frame, Record
from quality.screening import Outcome, screen
from quality.state import State
from quality.testing import events
from schemas.verdicts import AcceptedSample, Disposition, Reason, TaskRequest
from storage.projects import read_project

PROJECT = read_project(Path(__file__).parents[2] / "examples" / "digits")
FRAME = 500
# What screening says of each planted fault.
RULES = {
    Fault.MALFORMED: "contract.json_invalid",
    Fault.WRONG_TYPE: "contract.int_type",
    Fault.OUT_OF_RANGE: "expect_column_values_to_be_between",
    Fault.UNKNOWN_CONTRACT: "contract.unknown_version",
    Fault.NO_PREDICTION: "expect_column_values_to_not_be_null",
}
KINDS = {Fault.EXACT_DUPLICATE: "same_id", Fault.NEAR_DUPLICATE: "near"}


@cache
def day() -> list[Production]:
    """Return a whole simulated day."""
    return list(production(seed=7))


@cache
def screened() -> list[Outcome]:
    """Return the day as screened, without Kafka, in one partition."""
    records = [
        Record(offset=offset, key=one.key, value=one.value, headers=(), timestamp=0) for offset, one in enumerate(day())
    ]
    outcomes: list[Outcome] = []
    state = State()
    for start in range(0, len(records), FRAME):
        frame = Frame.of("digits.samples", 0, records[start : start + FRAME])
        outcomes.append(screen(frame, state, PROJECT.screening))
        state = outcomes[-1].state
    return outcomes


def ends() -> list[Disposition]:
    """Return the disposition of each record of the day."""
    return [run.disposition for one in screened() for run in one.receipt.runs for _ in range(run.count)]


def test_the_seed_decides_everything() -> None:
    """The same bytes again, and others for another seed."""
    again = list(production(seed=3, samples=200))
    assert list(production(seed=3, samples=200)) == again
    assert [one.value for one in production(seed=4, samples=200)] != [one.value for one in again]


@pytest.mark.parametrize(("samples", "divisor"), [(SAMPLES, 1), (500, 10)])
def test_as_many_faults_are_planted_as_is_said(samples: int, divisor: int) -> None:
    """In proportion to the good records, at least one of each."""
    found = Counter(one.fault for one in (day() if samples == SAMPLES else production(seed=7, samples=samples)))
    assert found.pop(None) == samples
    assert found == {fault: count // divisor for fault, count in PLANTED.items()}


def test_production_has_the_long_tail_that_it_says() -> None:
    """Each class's share of the good records, within 2 points."""
    good = Counter(one.truth for one in day() if one.fault is None)
    total = sum(SHARES.values())
    shares = {name: good[name] / SAMPLES for name in SHARES}
    assert shares == pytest.approx({name: weight / total for name, weight in SHARES.items()}, abs=0.02)


def test_every_planted_fault_is_caught_in_its_own_way() -> None:
    """By the rule that it breaks or as what it repeats; not one is let in, and no good record is lost."""
    caught = {
        one.origin.offset: {violation.rule for violation in one.violations}
        for outcome in screened()
        for one in outcome.rejected.values()
    } | {one.offset: {one.kind} for outcome in screened() for one in outcome.receipt.duplicates}
    expected = {offset: (RULES | KINDS)[one.fault] for offset, one in enumerate(day()) if one.fault}
    assert caught.keys() == expected.keys()
    assert all(expected[offset] in found for offset, found in caught.items())


def test_a_duplicate_names_the_record_that_it_repeats() -> None:
    """The good one that was spoiled: the last good record before it."""
    repeats = {one.offset: one.of for outcome in screened() for one in outcome.receipt.duplicates}
    good = [offset for offset, one in enumerate(day()) if one.fault is None]
    assert repeats == {offset: max(one for one in good if one < offset) for offset in repeats}


def test_good_records_are_accepted() -> None:
    """All of them; some with a warning for their ink."""
    assert Counter(ends()) == {
        Disposition.ACCEPTED: SAMPLES,
        Disposition.REJECTED: sum(PLANTED[fault] for fault in RULES),
        Disposition.DUPLICATE: sum(PLANTED[fault] for fault in KINDS),
    }
    accepted = [one for outcome in screened() for one in events(outcome.accepted, AcceptedSample)]
    warned = {violation.where for one in accepted for violation in one.warnings}
    assert warned <= {"ink"}


def test_routing_keeps_to_its_budget_and_lets_the_tail_through() -> None:
    """Each share within 2 points after the first blocks; the rarest classes are selected more than the commonest."""
    tasks = [task for outcome in screened()[3:] for task in events(outcome.tasks, TaskRequest)]
    accepted = sum(len(outcome.accepted) for outcome in screened()[3:])
    shares = {reason: sum(reason in task.selection.reasons for task in tasks) / accepted for reason in Reason}
    assert shares == pytest.approx(PROJECT.config.routing.shares, abs=0.02)
    truths = Counter(day()[task.origin.offset].truth for task in tasks)
    good = Counter(one.truth for one in day() if one.fault is None)
    rates = {name: truths[name] / good[name] for name in good}
    assert min(rates[name] for name in "589") > 2 * max(rates[name] for name in "10")


def test_the_digits_are_dealt_into_hands_that_do_not_overlap() -> None:
    """What labelers may see is neither in the gold seed nor in the gold test set."""
    images, classes, numbers = pool()
    assert (len(images), len(classes), len(set(numbers))) == (1797 - GOLD_SEED - GOLD_TEST,) * 3
    assert [len(part) for hand in (gold_seed(), gold_test()) for part in hand] == [100, 100, 600, 600]


def test_gold_is_the_same_every_time() -> None:
    """Or gains could not be compared."""
    assert (gold_seed(), gold_test()) == (gold_seed(), gold_test())


def test_noise_keeps_images_in_range() -> None:
    """And changes them."""
    images = pool()[0][:50]
    seen = scanned(images, np.random.default_rng(1))
    assert (seen.min(), seen.max(), seen.shape) == (0, 16, images.shape)
    assert (seen != images).any()


def test_the_model_is_fixed() -> None:
    """The same data, the same model; its scores are shares, and its class the best of them."""
    payloads, _ = gold_test()
    model, again = train(*gold_seed()), train(*gold_seed())
    assert model.scores(payloads) == again.scores(payloads)
    assert all(sum(score.values()) == pytest.approx(1) for score in model.scores(payloads))
    assert model.predict(payloads) == [max(score, key=score.__getitem__) for score in model.scores(payloads)]


def test_the_model_learns_digits_from_a_hundred_and_has_more_to_learn() -> None:
    """There must be something for labels to gain."""
    payloads, truths = gold_test()
    right = sum(one == truth for one, truth in zip(train(*gold_seed()).predict(payloads), truths, strict=True))
    assert 0.75 < right / len(truths) < 0.9


@pytest.mark.parametrize("pixels", [[0] * 63, [0] * 65, [0.0] * 64, ["0"] * 64, [True] * 64, None])
def test_a_picture_has_64_whole_numbers(pixels: object) -> None:
    """Nothing is coerced."""
    with pytest.raises(ValidationError):
        DigitV1.model_validate({"pixels": pixels})


def test_a_picture_says_how_dark_it_is() -> None:
    """The columns that rules are on."""
    picture = DigitV1(pixels=[0, 16] * 32)
    assert (picture.pixel_min, picture.pixel_max, picture.ink) == (0, 16, 0.5)
