"""The figures: alarms of quiet streams, detections of shifted ones, for ours and for each peer.

Peers are compared at their own thresholds, and at the rate of false alarms that our budget allows. For the latter each
peer has a threshold of its own on each population: the one above which, of that population's quiet windows, no more lie
than the budget allows. They are told by these windows themselves, which no user could do; ours is not.
"""

from collections.abc import Mapping, Sequence
from math import floor
from typing import Any

import numpy as np

from bench.drift.jobs import QUIET, Job
from bench.drift.streams import SHIFTS
from quality.drift.budget import Budget

Found = Mapping[str, Any]
# Of a peer, the name of its scores and the threshold above which it alarms by itself.
PEERS: Mapping[str, tuple[str, float]] = {
    "evidently": ("evidently_share", 0.5 - 1e-9),  # the dataset drifts if half of its columns do
    "evidently, any column": ("evidently", 1.0),
    "nannyml": ("nannyml", 1.0),
    "psi": ("psi", 1.0),
    "ks": ("ks", 1.0),
}
# What may be matched: scores that are fine enough.
MATCHED = {"evidently": "evidently", "nannyml": "nannyml", "psi": "psi", "ks": "ks"}


def summary(measured: Sequence[tuple[Job, Found]], budget: Budget) -> dict[str, Any]:
    """Return the figures of all streams; of peers, those of the streams that they were asked of."""
    quiet = [found for job, found in measured if job.shift == QUIET]
    windows = sum(len(found["scores"]["ks"]) for found in quiet)
    return {
        "quiet_windows": windows,
        "false_alarms": sum(len(found["alarms"]) for found in quiet),
        "budget": budget.per_thousand / 1_000 * windows,
        "budget_per_thousand": budget.per_thousand,
        "detections": {job.name: _detection(job, found["alarms"], found["cause"]) for job, found in _shifted(measured)},
        "peers": {
            **{name: _peer(own, *rule) for name, rule in PEERS.items() if (own := _asked(measured, rule[0]))},
            **{
                f"{name}, matched": _matched(own, score, budget)
                for name, score in MATCHED.items()
                if (own := _asked(measured, score))
            },
            **{name: _detector(measured, name) for name in quiet[0]["detectors"]},
        },
        "accuracy": _accuracies(measured),
    }


def _shifted(measured: Sequence[tuple[Job, Found]]) -> list[tuple[Job, Found]]:
    return [(job, found) for job, found in measured if job.shift != QUIET]


def _asked(measured: Sequence[tuple[Job, Found]], score: str) -> list[tuple[Job, Found]]:
    return [(job, found) for job, found in measured if score in found["scores"]]


def _detection(job: Job, alarms: Sequence[int], cause: str | None = None) -> dict[str, Any]:
    """Return whether a shift was found, and after how many of its windows; the first is 1."""
    return {
        "detected": bool(alarms),
        "delay": alarms[0] + 1 if alarms else None,
        "cause": cause,
        "cause_true": SHIFTS[job.shift].cause.value,
    }


def _peer(measured: Sequence[tuple[Job, Found]], score: str, threshold: float) -> dict[str, Any]:
    return _counted(measured, {job.source.name: threshold for job, _ in measured}, score)


def _matched(measured: Sequence[tuple[Job, Found]], score: str, budget: Budget) -> dict[str, Any]:
    thresholds = {}
    for name in {job.source.name for job, _ in measured}:
        quiet = [found["scores"][score] for job, found in measured if job.source.name == name and job.shift == QUIET]
        ranked = np.sort(np.concatenate(quiet))[::-1]
        thresholds[name] = float(ranked[floor(budget.per_thousand / 1_000 * len(ranked))])
    return _counted(measured, thresholds, score)


def _counted(measured: Sequence[tuple[Job, Found]], thresholds: Mapping[str, float], score: str) -> dict[str, Any]:
    alarms = {
        job.name: np.flatnonzero(np.array(found["scores"][score]) > thresholds[job.source.name]).tolist()
        for job, found in measured
    }
    return _figures(measured, alarms)


def _detector(measured: Sequence[tuple[Job, Found]], name: str) -> dict[str, Any]:
    return _figures(measured, {job.name: found["detectors"][name] for job, found in measured})


def _figures(measured: Sequence[tuple[Job, Found]], alarms: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    quiet = [(job, found) for job, found in measured if job.shift == QUIET]
    return {
        "quiet_windows": sum(len(found["scores"]["ks"]) for _, found in quiet),
        "false_alarms": sum(len(alarms[job.name]) for job, _ in quiet),
        "detections": {job.name: _detection(job, alarms[job.name]) for job, _ in _shifted(measured)},
    }


def _accuracies(measured: Sequence[tuple[Job, Found]]) -> dict[str, dict[str, float]]:
    """Return by shift how the expected accuracy changed and how the audited one did, as means over the streams."""
    found: dict[str, list[list[float]]] = {}
    for job, one in measured:
        before, after = one["accuracy"]["before"], one["accuracy"]["after"]
        found.setdefault(job.shift, []).append([after[0] - before[0], after[1] - before[1]])
    return {
        shift: {
            "expected": round(float(np.mean([one[0] for one in changes])), 4),
            "audited": round(float(np.mean([one[1] for one in changes])), 4),
        }
        for shift, changes in found.items()
    }
