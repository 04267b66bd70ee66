"""Ways to spend a budget on labels: the whole loop, and what it is held against. All begin with one label an item."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from bench.datacentric.build import built
from bench.datacentric.crowds import EXPERT, Deck
from bench.datacentric.loop import Loop
from labeling.consensus.classifier import held_out_scores
from labeling.consensus.majority import majority
from labeling.consensus.votes import Codes, Mask, Numbers
from labeling.label_errors import suspects

# What is spent in all, in labels an item, after each round.
LEVELS = (1.0, 1.2, 1.4, 1.6, 1.8, 2.0)
# Ties of votes are drawn, by a generator of their own for each purpose.
TIES, DRAWN = 2, 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Labeled:
    """What a model learns from: some of the items, with labels; and what was spent until then, in labels an item.

    `waiting` are items whose labels do not agree enough yet.
    """

    items: Codes
    labels: Codes
    spent: float
    waiting: Collection[int] = ()


Arm = Callable[[Deck, Numbers, Sequence[str], int], Iterator[Labeled]]


def loop(deck: Deck, features: Numbers, classes: Sequence[str], seed: int) -> Iterator[Labeled]:
    """Yield what the whole loop makes of the items at each level."""
    count = len(deck.gold)
    project = Loop(deck=deck, features=features, classes=classes, seed=seed)
    for level in LEVELS:
        if level > LEVELS[0]:
            project.round(round(level * count))
        items, labels = built(project.opinion.answers, (), classes)
        yield Labeled(items=items, labels=labels, spent=project.spent / count, waiting=frozenset(project.queue))


def fixed_overlap(deck: Deck, features: Numbers, classes: Sequence[str], seed: int) -> Iterator[Labeled]:
    """Yield majorities of as many labels for every item as there is money for; some have one more, drawn at random."""
    del features, classes
    rng, count = np.random.default_rng([seed, DRAWN]), len(deck.gold)
    order = rng.permutation(count)
    for level in LEVELS:
        each, more = divmod(round(level * count), count)
        wanted = np.full(count, each)
        wanted[order[:more]] += 1
        given = deck.given(wanted)
        yield _all(_drawn(majority(given), np.random.default_rng([seed, TIES])), len(given) / count)


def random_relabeling(deck: Deck, features: Numbers, classes: Sequence[str], seed: int) -> Iterator[Labeled]:
    """Yield the first labels, of which some items, drawn at random, have an expert's answer instead."""
    del features, classes
    answers, count = first(deck), len(deck.gold)
    order = np.random.default_rng([seed, DRAWN]).permutation(count)
    for level in LEVELS:
        affordable = order[: _experts(level, count)]
        mended = answers.copy()
        mended[affordable] = deck.gold[affordable]
        yield _all(mended, 1.0 + EXPERT * len(affordable) / count)


def label_errors(deck: Deck, features: Numbers, classes: Sequence[str], seed: int) -> Iterator[Labeled]:
    """Yield the first labels, of which what label-error detection finds has an expert's answer, looked for anew."""
    del seed
    answers, count = first(deck), len(deck.gold)
    asked: Mask = np.zeros(count, bool)
    for level in LEVELS:
        if left := _experts(level, count) - int(asked.sum()):
            ranked = _suspicious_first(features, answers, len(classes))
            chosen = ranked[~asked[ranked]][:left]
            answers[chosen], asked[chosen] = deck.gold[chosen], True
        yield _all(answers.copy(), 1.0 + EXPERT * int(asked.sum()) / count)


ARMS: Mapping[str, Arm] = {
    "loop": loop,
    "random": random_relabeling,
    "majority": fixed_overlap,
    "label_errors": label_errors,
}


def first(deck: Deck) -> Codes:
    """Return the first label of each item (n,)."""
    given = deck.given(np.ones(len(deck.gold), np.int64))
    answers = np.empty(len(deck.gold), np.int64)
    answers[given.items] = given.answers
    return answers


def detector() -> str:
    """Say whose label-error detection stands alone: cleanlab's, or ours where it is not installed."""
    return "cleanlab" if find_spec("cleanlab") else "assay"


def _suspicious_first(features: Numbers, answers: Codes, classes: int) -> Codes:
    """Return all items: those whose labels are suspected first, then the others by how unlikely their label is."""
    scores = held_out_scores(features, np.eye(classes)[answers], np.ones(len(answers), bool))
    found = (
        _by_cleanlab(answers, scores) if detector() == "cleanlab" else [one.item for one in suspects(answers, scores)]
    )
    likely = scores[np.arange(len(answers)), answers]
    order = np.argsort(likely, kind="stable")
    return np.concatenate([np.array(found, np.int64), order[~np.isin(order, found)]])


def _by_cleanlab(answers: Codes, scores: Numbers) -> Sequence[int]:
    from cleanlab.filter import find_label_issues  # noqa: PLC0415  peers are in .venv-bench only

    found: list[int] = find_label_issues(answers, scores, return_indices_ranked_by="self_confidence", n_jobs=1).tolist()
    return found


def _experts(level: float, count: int) -> int:
    """Return how many expert's answers there is money for beyond one label an item."""
    return round((level - 1.0) * count) // EXPERT


def _drawn(posterior: Numbers, rng: np.random.Generator) -> Codes:
    """Return the leading class of each row, drawn among equals."""
    leading = np.isclose(posterior, posterior.max(axis=1, keepdims=True))
    found: Codes = (leading * rng.random(posterior.shape)).argmax(axis=1)
    return found


def _all(labels: Codes, spent: float) -> Labeled:
    return Labeled(items=np.arange(len(labels)), labels=labels, spent=spent)
