"""What is measured of a set in one order: the rule, the same rule with less, and what it is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bench.consensus.production import Replay
from bench.consensus.replay import FIXED, METHODS, Outcome, accuracy, adaptive, fixed, vote_lead
from bench.consensus.sets import CrowdSet
from bench.consensus.sources import Source
from labeling.adaptive import AdaptiveRule
from labeling.consensus.choice import Choice, choose
from labeling.consensus.dawid_skene import dawid_skene
from labeling.consensus.votes import Mask

RULE = AdaptiveRule()
# Orders in which the same rule is also replayed with less, without choosing labelers, and without features; and in
# which the rule of a running project is replayed.
FEWER = 3
PLACES = 4

Figures = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One set in one random order."""

    source: Source
    order: int


@lru_cache(maxsize=2)
def crowd_of(source: Source) -> CrowdSet:
    """Return a set, read once in a process."""
    return source.read(source.folder)


def measure(job: Job) -> Figures:
    """Return the figures of one set in one order."""
    crowd = crowd_of(job.source)
    found = {"adaptive": _adaptive(crowd, adaptive(crowd, job.order, RULE)), "fixed": _fixed(crowd, job.order)}
    found["vote_lead"] = _by_method(crowd, vote_lead(crowd, job.order))
    if job.order < FEWER:
        found["production"] = asdict(Replay(crowd=crowd, order=job.order).run())
        found["alike"] = asdict(Replay(crowd=crowd, order=job.order, estimating=False).run())
        found["as_they_come"] = _adaptive(crowd, adaptive(crowd, job.order, RULE, choosing=False))
        if crowd.features is not None:
            found["without_features"] = _adaptive(crowd, adaptive(crowd, job.order, RULE, featured=False))
    return found


def _adaptive(crowd: CrowdSet, outcome: Outcome) -> Figures:
    return {
        "labels_saved": 1.0 - float(outcome.spent.mean()),
        "accuracy": accuracy(outcome.posterior, crowd),
        "curve": list(outcome.curve),
    }


def _fixed(crowd: CrowdSet, order: int) -> Figures:
    most = int(crowd.votes.counts().sum(axis=1).max())
    designs = {str(labels): labels for labels in FIXED if labels < most} | {"all": most}
    return {name: _by_method(crowd, fixed(crowd, order, labels)) for name, labels in designs.items()}


def _by_method(crowd: CrowdSet, spent: Mask) -> Figures:
    given = crowd.votes.rows(spent)
    accuracies = {name: accuracy(method(given), crowd) for name, method in METHODS.items()}
    return {"labels_saved": 1.0 - float(spent.mean()), **accuracies}


def summary(crowd: CrowdSet, orders: Sequence[Figures]) -> Figures:
    """Return a set's figures over all orders."""
    ours = [one["adaptive"] for one in orders]
    of_all = orders[0]["fixed"]["all"]
    lead = _means([one["vote_lead"] for one in orders])
    found = {
        "labels_saved": _mean([one["labels_saved"] for one in ours]),
        "accuracy_adaptive": _mean([one["accuracy"] for one in ours]),
        "accuracy_adaptive_sd": round(float(np.std([one["accuracy"] for one in ours])), PLACES),
        "accuracy_all": round(max(of_all[name] for name in METHODS), PLACES),
        "majority_all": round(of_all["majority"], PLACES),
        "dawid_skene_all": round(of_all["dawid_skene"], PLACES),
        "vote_lead": {
            "labels_saved": lead["labels_saved"],
            "accuracy_adaptive": max(lead[name] for name in METHODS),
            **{name: lead[name] for name in METHODS},
        },
        "choice": asdict(chosen(crowd)) if crowd.calibrating.any() else None,
        "curve": {"adaptive": _curve(ours), "fixed": _fixed_means(orders)},
        "facts": facts(crowd),
    }
    for variant in ("production", "alike"):
        found[variant] = _means([one[variant] for one in orders if variant in one])
    for variant in ("as_they_come", "without_features"):
        if variant in orders[0]:
            some = [one[variant] for one in orders if variant in one]
            found[variant] = {
                "labels_saved": _mean([one["labels_saved"] for one in some]),
                "accuracy_adaptive": _mean([one["accuracy"] for one in some]),
            }
    return found


def chosen(crowd: CrowdSet) -> Choice:
    """Return the method that the gold that calibrates would choose, by all labels and without features."""
    gold = np.flatnonzero(crowd.calibrating)
    methods = METHODS | {"hierarchical": lambda votes: dawid_skene(votes).posterior}
    return choose({name: method(crowd.votes)[gold] for name, method in methods.items()}, crowd.gold[gold])


def _fixed_means(orders: Sequence[Figures]) -> Figures:
    return {name: _means([one["fixed"][name] for one in orders]) for name in orders[0]["fixed"]}


def _curve(orders: Sequence[Figures]) -> list[dict[str, float]]:
    """Return the mean share spent and accuracy after each round; an order that has ended stays where it is."""
    rounds = max(len(one["curve"]) for one in orders)
    held = [[one["curve"][min(place, len(one["curve"]) - 1)] for one in orders] for place in range(rounds)]
    return [
        {"labels_spent": _mean([spent for spent, _ in at]), "accuracy": _mean([right for _, right in at])}
        for at in held
    ]


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: _mean([row[name] for row in rows]) for name in rows[0]}


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), PLACES)


def facts(crowd: CrowdSet) -> Figures:
    """Return what a set is."""
    votes = crowd.votes
    return {
        "labels": len(votes),
        "items": votes.item_count,
        "labelers": votes.labeler_count,
        "classes": votes.class_count,
        "scored": len(crowd.scored),
        "calibrating": int(crowd.calibrating.sum()),
        "repeated": crowd.repeated,
        "features": 0 if crowd.features is None else crowd.features.shape[1],
    }
