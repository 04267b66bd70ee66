"""The digits project: the tail, the hands that the digits are dealt into, the fixed model, the contract."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from examples.digits.contract import DigitV1
from examples.digits.production import SHARES, TRAY_SHARE
from examples.digits.trainer import (
    FEED,
    GLASS,
    GOLD_SEED,
    GOLD_SLIPPED,
    GOLD_TEST,
    TRAY,
    gold_seed,
    gold_test,
    pool,
    scanned,
    slipped,
    train,
)
from examples.simulation.change import Model
from quality.testing import events
from schemas.verdicts import AcceptedSample, TaskRequest


@pytest.fixture
def day(day_of: Any) -> Any:
    """A whole simulated day."""
    return day_of("digits")


def test_production_has_the_long_tail_that_it_says(day: Any) -> None:
    """Each class's share of the good records, within 2 points."""
    good = Counter(one.truth.answer for one in day.records if one.fault is None)
    total = sum(SHARES.values())
    shares = {name: good[name] / good.total() for name in SHARES}
    assert shares == pytest.approx({name: weight / total for name, weight in SHARES.items()}, abs=0.02)


def test_good_records_are_marked_for_their_ink_only(day: Any) -> None:
    """The one rule that is a warning."""
    accepted = [one for outcome in day.outcomes for one in events(outcome.accepted, AcceptedSample)]
    assert {violation.where for one in accepted for violation in one.warnings} <= {"ink"}


def test_routing_keeps_to_its_budget_and_lets_the_tail_through(day: Any) -> None:
    """Within a tenth after the first blocks; the rarest classes are selected more often than the commonest."""
    tasks = [task for outcome in day.outcomes[3:] for task in events(outcome.tasks, TaskRequest)]
    accepted = sum(len(outcome.accepted) for outcome in day.outcomes[3:])
    assert len(tasks) / accepted == pytest.approx(day.script.project.config.routing.budget.share, rel=0.1)
    truths = Counter(day.records[task.origin.offset].truth.answer for task in tasks)
    good = Counter(one.truth.answer for one in day.records if one.fault is None)
    rates = {name: truths[name] / good[name] for name in good}
    assert min(rates[name] for name in "589") > 1.5 * max(rates[name] for name in "10"), rates


def test_the_digits_are_dealt_into_hands_that_do_not_overlap() -> None:
    """What labelers may see is neither in the gold seed nor in the gold test set."""
    images, classes, numbers = pool()
    assert (len(images), len(classes), len(set(numbers))) == (1797 - GOLD_SEED - GOLD_TEST,) * 3
    assert [len(part) for part in gold_seed()] == [GOLD_SEED] * 2
    assert [len(part) for part in gold_test()] == [GOLD_TEST + GOLD_SLIPPED] * 3


def test_some_of_the_gold_test_set_is_there_again_as_a_slipped_tray_sends_it() -> None:
    """The same digits with the same noise, a pixel further right, and said to come from the tray."""
    payloads, classes, attributes = gold_test()
    assert [one[FEED] for one in attributes] == [GLASS] * GOLD_TEST + [TRAY] * GOLD_SLIPPED
    assert classes[GOLD_TEST:] == classes[:GOLD_SLIPPED]
    glass, tray = (
        np.array([one["pixels"] for one in part]).reshape(-1, 8, 8)
        for part in (payloads[:GOLD_SLIPPED], payloads[GOLD_TEST:])
    )
    assert abs(tray[:, :, 1:].mean() - glass[:, :, :-1].mean()) < 0.1
    assert tray[:, :, 0].mean() < 1


def test_a_slipped_tray_moves_digits_to_the_right() -> None:
    """And what was at the edge is lost."""
    moved = slipped(np.arange(1, 65)[None])
    assert moved.reshape(8, 8)[0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert moved.reshape(8, 8)[-1].tolist() == [0, *range(57, 64)]


def test_the_tray_is_rare_and_what_it_sends_is_harder_once_it_has_slipped(day: Any) -> None:
    """The model errs there as elsewhere before, and on more than twice as many after; the glass stays as it was."""
    simulation, model = day.script.simulation, Model(name="m", scores=train(*gold_seed()).scores)
    wrong: dict[tuple[bool, str], list[bool]] = {}
    for changed in (False, True):
        for one in simulation.later(simulation.change, range(9_000, 13_000), 7, model, changed=changed):
            record = json.loads(one.value)
            scores = record["prediction"]["scores"]
            feed = record["attributes"][FEED]
            wrong.setdefault((changed, feed), []).append(max(scores, key=scores.get) != one.truth.answer)
    assert len(wrong[False, TRAY]) / 4_000 == pytest.approx(TRAY_SHARE, abs=0.015)
    assert [len(wrong[changed, TRAY]) for changed in (False, True)] == [len(wrong[False, TRAY])] * 2
    assert wrong[False, GLASS] == wrong[True, GLASS]
    rates = {place: sum(found) / len(found) for place, found in wrong.items()}
    assert rates[False, TRAY] == pytest.approx(rates[False, GLASS], abs=0.06)
    assert rates[True, TRAY] > 2 * rates[False, TRAY]


def test_what_is_produced_later_depends_on_its_numbers_and_the_seed(day: Any) -> None:
    """So parts of it may be made one by one; ids go on."""
    simulation, model = day.script.simulation, Model(name="m", scores=train(*gold_seed()).scores)
    change = simulation.change

    def made(numbers: range, seed: int) -> list[bytes]:
        return [one.value for one in simulation.later(change, numbers, seed, model, changed=True)]

    assert made(range(5_000, 5_020), 7) == made(range(5_000, 5_020), 7)
    assert made(range(5_000, 5_020), 7) != made(range(5_000, 5_020), 8)
    assert json.loads(made(range(5_020, 5_040), 7)[0])["sample_id"] == "scan-005020"


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
    payloads, _, _ = gold_test()
    model, again = train(*gold_seed()), train(*gold_seed())
    assert model.scores(payloads) == again.scores(payloads)
    assert all(sum(score.values()) == pytest.approx(1) for score in model.scores(payloads))
    assert model.predict(payloads) == [max(score, key=score.__getitem__) for score in model.scores(payloads)]


def test_the_model_learns_digits_from_a_hundred_and_has_more_to_learn() -> None:
    """There must be something for labels to gain."""
    payloads, truths, _ = gold_test()
    said = train(*gold_seed()).predict(payloads[:GOLD_TEST])
    right = sum(one == truth for one, truth in zip(said, truths[:GOLD_TEST], strict=True))
    assert 0.75 < right / GOLD_TEST < 0.9


@pytest.mark.parametrize("pixels", [[0] * 63, [0] * 65, [0.0] * 64, ["0"] * 64, [True] * 64, None])
def test_a_picture_has_64_whole_numbers(pixels: object) -> None:
    """Nothing is coerced."""
    with pytest.raises(ValidationError):
        DigitV1.model_validate({"pixels": pixels})


def test_a_picture_says_how_dark_it_is() -> None:
    """The columns that rules are on."""
    picture = DigitV1(pixels=[0, 16] * 32)
    assert (picture.pixel_min, picture.pixel_max, picture.ink) == (0, 16, 0.5)
