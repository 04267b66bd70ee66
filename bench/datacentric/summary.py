"""The report: of every set the table, the curve, consistency and the budget, from what was said for all seeds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.datacentric.arms import ARMS, LEVELS
from bench.datacentric.intervals import Name, Scores, interval, rounded, scored
from bench.datacentric.measures import CARELESS, FOLLOWING, PARTS, RATES, Said
from bench.datacentric.models import BETTER
from bench.datacentric.sets import ProofSet
from labeling.consensus.votes import Numbers

LAST = str(len(LEVELS) - 1)
BASELINE, OURS, GOLD = ("budget", "random", "0"), ("budget", "loop", LAST), ("gold",)
# The part of the clean items that more noisy ones are to match.
MATCHED = 2

Figures = dict[str, Any]


def summary(whole: ProofSet, said: Sequence[Said]) -> dict[str, Figures]:
    """Return a set's part of each of the four questions."""
    scores = scored(whole, said)
    return {
        "table": _table(whole, scores, said),
        "curve": _curve(scores, said),
        "consistency": _consistency(scores, said),
        "budget": _budget(scores, said),
    }


def _table(whole: ProofSet, scores: Scores, said: Sequence[Said]) -> Figures:
    by_labels = {labels: [("model", name, labels) for name in BETTER] for labels in ("first", "majority", "loop")}
    best = {labels: scores.best(names) for labels, names in by_labels.items()}
    ours = scores.difference(OURS, best["first"])
    funded = scores.difference(OURS, best["majority"])
    gained = scores.difference(OURS, BASELINE)
    return {
        "metric": "accuracy" if whole.rare is None else f"F1 of {whole.classes[whole.rare]}",
        "labels": "simulated" if whole.votes is None else "recorded",
        "baseline": rounded(scores.mean(BASELINE)),
        "model_centric": rounded(scores.mean(best["first"])),
        "model_centric_by": best["first"][1],
        "models": {name[1]: rounded(scores.mean(name)) for name in by_labels["first"]},
        "data_centric": rounded(scores.mean(OURS)),
        "gold": rounded(scores.mean(GOLD)),
        "difference": ours["difference"],
        "difference_ci": ours["ci"],
        "gain": gained["difference"],
        "gain_ci": gained["ci"],
        "consensus_alone": rounded(scores.mean(("budget", "loop", "0"))),
        "settled_only": rounded(scores.mean(("settled",))),
        "settled_share": _mean(said, ("settled", "items")),
        "model_centric_same_budget": rounded(scores.mean(best["majority"])),
        "model_centric_same_budget_by": best["majority"][1],
        "difference_same_budget": funded["difference"],
        "difference_same_budget_ci": funded["ci"],
        "both": rounded(scores.mean(best["loop"])),
        "both_by": best["loop"][1],
        "labels_right": [_mean(said, (*name, "labels_right")) for name in (BASELINE, OURS)],
        "seeds": len(said),
        "train": round(_mean(said, (*BASELINE, "items"))),
        "test": round(float(np.mean([len(one.test) for one in said]))),
    }


def _curve(scores: Scores, said: Sequence[Said]) -> Figures:
    places = range(len(PARTS))
    items = [_mean(said, ("curve", f"{RATES[0]:g}", str(place), "items")) for place in places]
    rates = {
        f"{rate:g}": {
            "wrong": _mean(said, ("curve", f"{rate:g}", str(len(PARTS) - 1), "wrong")),
            "points": [scores.figures(("curve", f"{rate:g}", str(place))) for place in places],
        }
        for rate in RATES
    }
    return {
        "items": items,
        "rates": rates,
        "matched": items[MATCHED],
        "worth": {f"{rate:g}": _worth(scores, np.array(items), f"{rate:g}") for rate in RATES[1:]},
    }


def _worth(scores: Scores, items: Numbers, rate: str) -> Figures:
    """Return how many times the items it takes, with so many labels wrong, to match a part that has none wrong.

    None where not even all of them do.
    """
    clean, noisy = ([("curve", name, str(place)) for place in range(len(PARTS))] for name in (f"{RATES[0]:g}", rate))
    at = times(np.array([scores.mean(name) for name in noisy]), items, scores.mean(clean[MATCHED]))
    curves = np.array([scores.resampled(name) for name in noisy]).T
    found = np.array(
        [times(curve, items, aim) for curve, aim in zip(curves, scores.resampled(clean[MATCHED]), strict=True)]
    )
    low, high = interval(found)
    return {"times": _finite(at), "ci": [_finite(low), _finite(high)], "at_most": rounded(items[-1] / items[MATCHED])}


def times(curve: Numbers, items: Numbers, aim: float) -> float:
    """Return at how many times the matched items a curve reaches its aim, between points by the logarithm of items.

    A curve that falls is held at the highest it had. Infinity where it never reaches the aim; where its first point
    does, that point.
    """
    highest = np.maximum.accumulate(curve)
    if highest[-1] < aim:
        return float("inf")
    after = int(np.argmax(highest >= aim))
    if after == 0:
        return float(items[0] / items[MATCHED])
    share = (aim - highest[after - 1]) / (highest[after] - highest[after - 1])
    logs = np.log(items)
    return float(np.exp(logs[after - 1] + share * (logs[after] - logs[after - 1])) / items[MATCHED])


def _finite(value: float) -> float | None:
    return rounded(value) if np.isfinite(value) else None


def _consistency(scores: Scores, said: Sequence[Said]) -> Figures:
    arms = {"one": CARELESS, "two": FOLLOWING}
    points: dict[str, list[Figures]] = {
        name: [
            {
                "share": share,
                "alpha": _mean(said, ("consistency", name, str(place), "alpha")),
                **scores.figures(("consistency", name, str(place))),
            }
            for place, share in enumerate(shares)
        ]
        for name, shares in arms.items()
    }
    return {**points, "half": _half(scores, [point["alpha"] for point in points["one"]], points["two"][-1]["alpha"])}


def _half(scores: Scores, alphas: Sequence[float], alpha: float) -> Figures:
    """Return what labelers who follow two guidelines, half of them each, lose against careless ones who agree as much.

    Accuracy under one guideline is taken between its points, by alpha.
    """
    order = np.argsort(alphas)
    rising = np.array(alphas)[order]

    def lost(two: Numbers, one: Numbers) -> Numbers:
        apart: Numbers = two - np.array([np.interp(alpha, rising, row[order]) for row in one])
        return apart

    names = [("consistency", "one", str(place)) for place in range(len(alphas))]
    half = ("consistency", "two", str(len(FOLLOWING) - 1))
    at = lost(np.array([scores.mean(half)]), np.array([[scores.mean(name) for name in names]]))
    found = lost(scores.resampled(half), np.array([scores.resampled(name) for name in names]).T)
    return {"alpha": rounded(alpha), "difference": rounded(at[0]), "ci": interval(found)}


def _budget(scores: Scores, said: Sequence[Said]) -> Figures:
    found: Figures = {
        arm: [_level(scores, said, ("budget", arm, str(level))) for level in range(len(LEVELS))] for arm in ARMS
    }
    found["loop_minus"] = {arm: scores.difference(OURS, ("budget", arm, LAST)) for arm in ARMS if arm != OURS[1]}
    return found


def _level(scores: Scores, said: Sequence[Said], name: Name) -> Figures:
    return {
        "spent": _mean(said, (*name, "spent")),
        "labels_right": _mean(said, (*name, "labels_right")),
        **scores.figures(name),
    }


def _mean(said: Sequence[Said], name: Name) -> float:
    return rounded(float(np.mean([one.figures[name] for one in said])))
