"""Simulated labelers: how often findings are false alarms, how often they find what was planted; intervals; speed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from numpy.random import Generator

from bench.agreement import peers
from labeling.agreement.bootstrap import bootstrap
from labeling.agreement.boxes import Drawn
from labeling.agreement.krippendorff import interval, nominal, ordinal
from labeling.agreement.ratings import Measure, Ratings
from labeling.agreement.text import distance
from labeling.findings import confused_pairs, disputed_slices, letter_case, one_or_many, optional_tokens, tight_or_loose
from quality.chance import LEVEL
from schemas.boxes import Box
from schemas.labels import Finding, Vote

TASKS, LABELERS = 300, 3
CLASSES = ("a", "b", "c", "d", "e", "f")
SHARES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
# How often a labeler answers without looking, and how often on a planted pair or slice.
SLIP, PLANTED = 0.15, 0.4
# How far a hand trembles, in pixels of boxes some 40 wide; how much a loose labeler leaves on every side.
TREMBLE, LOOSE = 2.0, 1.0
# The share of words that a careless hand leaves out, and of a filler that a labeler leaves out on purpose.
DROPPED, LEFT_OUT = 0.03, 0.5
WORDS = tuple(f"word{number}" for number in range(20))

Votes = dict[int, list[Vote]]
Texts = dict[int, list[str]]
Looked = Callable[[Generator], list[Finding]]


def votes(random: Generator, *, pair: tuple[str, str] | None = None, hard: Sequence[int] = ()) -> Votes:
    """Return answers of labelers who now and then do not look, more often on the tasks `hard`; they confuse `pair`."""
    truth = random.choice(len(CLASSES), TASKS, p=SHARES)
    slips = np.full(TASKS, SLIP)
    slips[list(hard)] = PLANTED
    given = np.repeat(truth[:, None], LABELERS, axis=1)
    blind = random.random(given.shape) < slips[:, None]
    given[blind] = random.choice(len(CLASSES), int(blind.sum()), p=SHARES)
    names = np.array(CLASSES)[given]
    if pair:
        torn = np.isin(names, pair) & (random.random(given.shape) < PLANTED)
        names[torn] = random.choice(pair, int(torn.sum()))
    return {
        task: [Vote(labeler=f"l{place}", answer=str(answer)) for place, answer in enumerate(row)]
        for task, row in enumerate(names)
    }


def columns(random: Generator) -> dict[int, dict[str, str]]:
    """Return the attributes of tasks: a noise of four kinds and a week of ten."""
    noise, week = random.integers(0, 4, TASKS), random.integers(0, 10, TASKS)
    return {task: {"noise": f"n{noise[task]}", "week": f"w{week[task]}"} for task in range(TASKS)}


def drawings(random: Generator, *, loose: float = 0.0, merging: float = 0.0) -> dict[int, Drawn]:
    """Return boxes of trembling hands, of which the first leaves more around or draws one box for two."""
    return {task: _drawing(random, loose, merged=random.random() < merging) for task in range(TASKS // 3)}


def _drawing(random: Generator, loose: float, *, merged: bool) -> Drawn:
    left, top = random.uniform(0, 300, 2)
    places = [(left, top, left + 40, top + 30), (left + 50, top, left + 90, top + 30)]
    drawn: dict[str, list[Box]] = {}
    for labeler in range(LABELERS):
        more = loose if labeler == 0 else 0.0
        shown = [(left, top, left + 90, top + 30)] if merged and labeler == 0 else places
        drawn[f"l{labeler}"] = [_trembling(random, place, more) for place in shown]
    return drawn


def _trembling(random: Generator, place: Sequence[float], more: float) -> Box:
    around = np.array([-more, -more, more, more])
    left, top, right, bottom = (np.array(place) + random.normal(0, TREMBLE, 4) + around).tolist()
    return Box(name="cell", left=left, top=top, right=right, bottom=bottom)


def writings(random: Generator, *, filler: float = 0.0) -> Texts:
    """Return texts of careless hands; of the word “um”, in half of them, the last labeler leaves out a share."""
    texts: Texts = {}
    for task in range(TASKS):
        said = random.choice(WORDS, 12).tolist()
        texts[task] = []
        spoken = ["um", *said] if random.random() < 0.5 else said
        for labeler in range(LABELERS):
            heard = [word for word in spoken if random.random() > DROPPED]
            left_out = labeler == LABELERS - 1 and random.random() < filler
            texts[task].append(" ".join(word for word in heard if not (left_out and word == "um")))
    return texts


def alarms(runs: int) -> dict[str, float]:
    """Return in what share of runs with nothing to find something was found, by kind."""
    return _rates(
        runs,
        {
            "confusion": lambda random: _beyond(confused_pairs(votes(random))),
            "slice": lambda random: disputed_slices(votes(random), columns(random)),
            "one_or_many": lambda random: one_or_many(drawings(random)),
            "tight_or_loose": lambda random: tight_or_loose(drawings(random)),
            "text": lambda random: _conventions(writings(random)),
        },
    )


def planted(runs: int) -> dict[str, float]:
    """Return in what share of runs the planted pattern was found, by kind."""
    hard = range(TASKS // 5)
    places = {task: {"noise": "loud" if task in hard else "none", "week": f"w{task % 10}"} for task in range(TASKS)}
    return _rates(
        runs,
        {
            "confusion": lambda random: [
                each for each in _beyond(confused_pairs(votes(random, pair=("d", "e")))) if each.classes == ("d", "e")
            ],
            "slice": lambda random: [
                each for each in disputed_slices(votes(random, hard=hard), places) if each.slice == ("noise", "loud")
            ],
            "one_or_many": lambda random: one_or_many(drawings(random, merging=0.1)),
            "tight_or_loose": lambda random: [
                each for each in tight_or_loose(drawings(random, loose=LOOSE)) if each.labelers == ("l0",)
            ],
            "text": lambda random: [
                each for each in optional_tokens(writings(random, filler=LEFT_OUT)) if "um" in each.says
            ],
        },
    )


def _beyond(found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if each.p_value <= LEVEL]


def _conventions(texts: Mapping[int, Sequence[str]]) -> list[Finding]:
    return [*optional_tokens(texts), *letter_case(texts)]


def _rates(runs: int, looks: Mapping[str, Looked]) -> dict[str, float]:
    return {
        name: round(sum(bool(look(np.random.default_rng(seed))) for seed in range(runs)) / runs, 3)
        for name, look in looks.items()
    }


def coverage(runs: int) -> dict[str, float]:
    """Return how often the 95 % interval of alpha holds the alpha of as many other runs together."""
    ratings = [_plain(votes(np.random.default_rng(seed))) for seed in range(2 * runs)]
    many = Ratings.of(
        ((run, unit), str(place), each)
        for run, one in enumerate(ratings[runs:])
        for place, (unit, each) in enumerate(zip(one.units.tolist(), one.values.tolist(), strict=True))
    )
    truth = nominal(many)(np.ones(many.count))
    found = [bootstrap(nominal(one), one.count, seed=1, resamples=400) for one in ratings[:runs]]
    held = sum(each is not None and each.low <= truth <= each.high for each in found)
    return {"alpha": round(truth, 4), "covered": round(held / runs, 3)}


def _plain(given: Votes) -> Ratings:
    rows = ((task, vote.labeler, vote.answer) for task, found in given.items() for vote in found)
    return Ratings.of(rows, order=CLASSES)


def speed(labels: int) -> dict[str, Any]:
    """Return the seconds of so many labels, three a task, and of 20,000 edit distances of 80 letters, beside peers."""
    random = np.random.default_rng(1)
    values = random.choice(5, (labels // 3, 3), p=[0.5, 0.2, 0.1, 0.1, 0.1]).tolist()
    rows = [(unit, str(place), each) for unit, row in enumerate(values) for place, each in enumerate(row)]
    ratings, of = _timed(lambda: Ratings.of(rows, order=range(5)))
    scales: dict[str, Callable[[Ratings], Measure]] = {
        "nominal": nominal,
        "ordinal": ordinal,
        "interval": lambda given: interval(given, range(5)),
    }
    figures: dict[str, Any] = {"labels": len(rows), "columns_seconds": of}
    for name, scale in scales.items():
        value, seconds = _timed(partial(_value, scale, ratings))
        figures[name] = {"value": round(value, 6), "seconds": seconds, "peer": peers.alpha(ratings, name, range(5))}
    figures["bootstrap_1000_seconds"] = _timed(lambda: bootstrap(nominal(ratings), ratings.count, seed=1))[1]
    letters = random.choice(list("etaoin shrdlu"), (20_000, 2, 80)).tolist()
    pairs = [("".join(one), "".join(other)) for one, other in letters]
    mine, seconds = _timed(lambda: [distance(one, other) for one, other in pairs])
    theirs, peer_seconds = _timed(lambda: peers.distances(pairs))
    figures["edit_distances"] = {
        "pairs": len(pairs),
        "seconds": seconds,
        "rapidfuzz_equal": None if theirs is None else mine == theirs,
        "rapidfuzz_seconds": None if theirs is None else peer_seconds,
    }
    return figures


def _value(scale: Callable[[Ratings], Measure], ratings: Ratings) -> float:
    return scale(ratings)(np.ones(ratings.count))


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    begun = perf_counter()
    found = work()
    return found, round(perf_counter() - begun, 4)
