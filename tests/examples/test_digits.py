"""The digits project: the tail, the hands that the digits are dealt into, the fixed model, the contract."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from examples.digits.contract import DigitV1
from examples.digits.production import SHARES
from examples.digits.trainer import GOLD_SEED, GOLD_TEST, gold_seed, gold_test, pool, scanned, train
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
