"""Scores over seeds, and how sure they are: seeds and test items are drawn anew together, for all models alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.datacentric.measures import Said
from bench.datacentric.sets import ProofSet
from labeling.consensus.votes import Codes, Numbers

# Bootstrap samples, the seed that draws them, and the central part that an interval covers, in percent.
RESAMPLES, SEED, COVERED = 1000, 0, 95.0
DIGITS = 4

Name = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What all models of a set score on its test items.

    - by_name: (S, 1 + R) of each, for S seeds: on the test items as they are, and on R resamples of their groups
    - seeds: (R, S), how often each resample draws each seed

    One resample draws the same seeds and items for every model, so that differences are paired.
    """

    by_name: Mapping[Name, Numbers]
    seeds: Numbers

    def mean(self, name: Name) -> float:
        """Return the mean over the seeds."""
        return float(self.by_name[name][:, 0].mean())

    def resampled(self, name: Name) -> Numbers:
        """Return the mean over the seeds of each resample (R,)."""
        found: Numbers = (self.seeds * self.by_name[name][:, 1:].T).sum(axis=1) / self.seeds.sum(axis=1)
        return found

    def best(self, names: Sequence[Name]) -> Name:
        """Return whichever has the highest mean."""
        return max(names, key=self.mean)

    def figures(self, name: Name) -> dict[str, float | list[float]]:
        """Return the mean and its interval."""
        return {"accuracy": rounded(self.mean(name)), "ci": interval(self.resampled(name))}

    def difference(self, one: Name, other: Name) -> dict[str, float | list[float]]:
        """Return by how much one exceeds another, and the interval of that."""
        apart = self.mean(one) - self.mean(other)
        return {"difference": rounded(apart), "ci": interval(self.resampled(one) - self.resampled(other))}


def scored(whole: ProofSet, said: Sequence[Said]) -> Scores:
    """Score what was said for every seed: accuracy, or the F1 of the rare class where there is one."""
    rng = np.random.default_rng(SEED)
    _, groups = np.unique(np.asarray(whole.groups), return_inverse=True)
    count = int(groups.max()) + 1
    drawn = rng.multinomial(count, np.full(count, 1.0 / count), RESAMPLES)
    seeds = rng.multinomial(len(said), np.full(len(said), 1.0 / len(said)), RESAMPLES).astype(np.float64)
    rows = [_scores(whole, one, _weights(drawn, groups[one.test])) for one in said]
    by_name = np.array(rows).transpose(1, 0, 2)
    return Scores(by_name=dict(zip(said[0].predictions, by_name, strict=True)), seeds=seeds)


def _weights(drawn: Codes, groups: Codes) -> Numbers:
    """Return how often each test item counts, (1 + R, m): once, and as often as its group was drawn."""
    return np.vstack([np.ones((1, len(groups))), drawn[:, groups]]).astype(np.float64)


def _scores(whole: ProofSet, said: Said, weights: Numbers) -> Numbers:
    """Return the score of each of K predictions under each weighting (1 + R, m) of the test items, (K, 1 + R)."""
    predicted, truth, rare = np.array(list(said.predictions.values())), whole.gold[said.test], whole.rare
    if rare is None:
        right: Numbers = (predicted == truth).astype(np.float64) @ weights.T / np.maximum(weights.sum(axis=1), 1.0)
        return right
    found, there = predicted == rare, truth == rare
    named = found.astype(np.float64) @ weights.T + weights @ there
    f1: Numbers = 2.0 * ((found & there).astype(np.float64) @ weights.T) / np.maximum(named, 1.0)
    return f1


def interval(values: Numbers) -> list[float]:
    """Return the percentile interval [low, high]."""
    tail = (100.0 - COVERED) / 2
    low, high = np.percentile(values, (tail, 100.0 - tail), method="nearest")
    return [rounded(low), rounded(high)]


def rounded(value: float) -> float:
    """Return a figure as it is reported."""
    return round(float(value), DIGITS)
