"""The Shuttle project: every real reading keeps contract and suite; the tail, the hands, the guideline's revision."""

import json
from collections import Counter
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from assay.demo.script import Script
from examples.shuttle.contract import ReadingV1
from examples.shuttle.production import ANOMALIES, UNCLEAR_F9, good, recorded
from examples.shuttle.trainer import ANOMALY, FIELDS, NORMAL, Hand, gold_seed, gold_test, pool, readings, train
from quality.frames import Frame, Record
from quality.rules import Window, statements
from quality.screening import screen
from quality.state import State
from schemas.errors import InputError
from schemas.verdicts import Disposition, Run

READINGS = 49_097


@pytest.fixture
def script(day_of: Any) -> Script:
    """The project's."""
    script: Script = day_of("shuttle").script
    return script


def rows(payloads: Any) -> list[tuple[float, ...]]:
    """Return payloads as tuples, to compare."""
    return [tuple(payload[name] for name in FIELDS) for payload in payloads]


def test_the_file_holds_what_is_said_of_it() -> None:
    """As many readings and anomalies, no reading twice, and nothing but whole numbers."""
    whole = readings()
    assert (len(whole.classes), Counter(whole.classes)[ANOMALY]) == (READINGS, 3_511)
    assert len(np.unique(whole.features, axis=0)) == READINGS
    assert (whole.features == np.rint(whole.features)).all()


def test_contract_and_suite_let_every_real_reading_in(script: Script) -> None:
    """All 49,097; and the one rule that some may break holds."""
    records = [
        Record(offset=place, key=b"", value=json.dumps(one.record).encode(), headers=(), timestamp=0)
        for place, one in enumerate(recorded(readings(), np.random.default_rng(0)))
    ]
    project = script.project
    receipt = screen(Frame.of(project.topics.samples, 0, records), State(), project.screening).receipt
    assert receipt.runs == (Run(first=0, count=READINGS, disposition=Disposition.ACCEPTED),)
    (statement,) = statements(project.rules, Window(tallies=receipt.window))
    assert (statement.columns, statement.tally.judged, statement.holds) == (("f6",), READINGS, True)


@pytest.mark.parametrize("samples", [3_000, 5_000, 10_000])
def test_anomalies_are_thinned_to_the_tail_that_is_said(samples: int) -> None:
    """Exactly, whatever the seed; and no reading comes twice."""
    records = good(samples, np.random.default_rng(samples))
    assert Counter(one.truth.answer for one in records)[ANOMALY] == round(ANOMALIES * samples) == samples // 200
    assert len(set(rows(one.record["payload"] for one in records))) == samples


def test_more_samples_than_there_are_readings_are_refused() -> None:
    """Rather than that some come twice."""
    with pytest.raises(InputError, match=r"There are 44388 readings of the class normal, not 49750"):
        good(50_000, np.random.default_rng(1))


def test_gold_never_enters_the_stream() -> None:
    """The three hands have no reading in common and leave none out."""
    hands = [rows(hand) for hand in (gold_seed()[0], gold_test()[0], pool().payloads)]
    assert [len(hand) for hand in hands] == [200, 2_000, READINGS - 2_200]
    assert len({row for hand in hands for row in hand}) == READINGS


def test_gold_is_the_same_every_time() -> None:
    """Or gains could not be compared; half of the test set are anomalies."""
    assert (gold_seed(), gold_test()) == (gold_seed(), gold_test())
    assert Counter(gold_seed()[1]) == {NORMAL: 198, ANOMALY: 2}
    assert Counter(gold_test()[1]) == {NORMAL: 1_000, ANOMALY: 1_000}


def test_the_revision_is_true_of_nearly_all_that_the_guideline_left_open() -> None:
    """As its text says; F1 and f2 are columns 0 and 1."""
    whole = readings()
    features, anomalous = whole.features, np.array(whole.classes) == ANOMALY
    unclear = (features[:, 8] >= UNCLEAR_F9[0]) & (features[:, 8] <= UNCLEAR_F9[1])
    ruled = (features[:, 0] >= 69) | (np.abs(features[:, 1]) >= 20)
    assert (unclear.sum(), (ruled == anomalous)[unclear].sum()) == (4_943, 4_941)


def test_labelers_are_in_doubt_where_the_guideline_is_and_nowhere_else(script: Script) -> None:
    """By f9."""
    for one in good(500, np.random.default_rng(2)):
        assert one.truth.unclear == (UNCLEAR_F9[0] <= one.record["payload"]["f9"] <= UNCLEAR_F9[1])
    assert "between 20 and 60" in script.simulation.revision((ANOMALY, NORMAL))


def test_a_record_says_where_it_stands_and_how_the_model_saw_it() -> None:
    """Attributes come from the reading; the embedding is standardized by the gold seed."""
    one = Hand(features=np.array([[50.0, 21, 77, 0, -28, 0, 27, 105, 78]]), classes=(ANOMALY,))
    record = recorded(one, np.random.default_rng(1))[0].record
    assert record["attributes"] == {"point": "50/77/-28", "f1_band": 50}
    assert len(record["embedding"]) == len(FIELDS)
    seen = train(*gold_seed()).standardized(gold_seed()[0])
    assert seen.mean(axis=0) == pytest.approx(np.zeros(9), abs=1e-9)


def test_the_model_is_fixed_and_has_more_to_learn() -> None:
    """The same data, the same model; from two anomalies it learns less than from a hundred."""
    payloads, truths = gold_test()
    model = train(*gold_seed())
    assert train(*gold_seed()).scores(payloads) == model.scores(payloads)
    assert model.predict(payloads) == [max(score, key=score.__getitem__) for score in model.scores(payloads)]
    known = pool()
    taught = train(known.payloads, known.classes)
    right = [np.mean(np.array(each.predict(payloads)) == np.array(truths)) for each in (model, taught)]
    assert 0.55 < right[0] < 0.9 < right[1]


@pytest.mark.parametrize("value", ["50", None, True, float("nan"), float("inf")])
def test_a_reading_has_nine_finite_numbers(value: object) -> None:
    """Nothing is coerced, and none may be absent."""
    sound = dict.fromkeys(FIELDS, 1.0)
    assert ReadingV1.model_validate(sound).f7_gap == 1.0
    for changed in ({**sound, "f3": value}, {name: one for name, one in sound.items() if name != "f3"}):
        with pytest.raises(ValidationError):
            ReadingV1.model_validate(changed)
