"""The same methods by crowd-kit and cleanlab, on all labels of a set: how far ours are from theirs."""

from importlib.util import find_spec
from typing import Any

import numpy as np

from bench.consensus.replay import accuracy
from bench.consensus.sets import CrowdSet
from labeling.consensus.classifier import held_out_scores
from labeling.consensus.confusion import PLAIN
from labeling.consensus.crowdlab import crowdlab
from labeling.consensus.dawid_skene import Steps, dawid_skene
from labeling.consensus.majority import majority
from labeling.consensus.votes import Mask, Numbers, VoteTable

# As many as crowd-kit runs by itself at most; it would stop earlier, by the likelihood, and ours by the posterior.
ROUNDS, NEVER = 100, -np.inf


def installed() -> bool:
    """Say whether both are there: they are in .venv-bench only."""
    return find_spec("crowdkit") is not None and find_spec("cleanlab") is not None


def compared(crowd: CrowdSet) -> dict[str, Any]:
    """Return, for each method, both accuracies, the share of items with the same answer, the largest difference."""
    ours = dawid_skene(crowd.votes, PLAIN, steps=Steps(rounds=ROUNDS, tolerance=NEVER)).posterior
    found = {"dawid_skene": _beside(crowd, ours, _crowd_kit(crowd.votes))}
    if crowd.features is not None:
        shares = majority(crowd.votes)
        scores = held_out_scores(crowd.features, shares, np.ones(len(shares), bool))
        found["crowdlab"] = _beside(crowd, crowdlab(crowd.votes, scores), _cleanlab(crowd.votes, scores))
    return found


def _beside(crowd: CrowdSet, ours: Numbers, theirs: Numbers) -> dict[str, float]:
    alike: Mask = ours.argmax(axis=1) == theirs.argmax(axis=1)
    return {
        "accuracy": round(accuracy(ours, crowd), 4),
        "accuracy_peer": round(accuracy(theirs, crowd), 4),
        "same_answer": round(float(alike.mean()), 4),
        "largest_difference": float(f"{np.abs(ours - theirs).max():.2g}"),
    }


def _crowd_kit(votes: VoteTable) -> Numbers:
    import pandas as pd  # noqa: PLC0415  peers are in .venv-bench only
    from crowdkit.aggregation import DawidSkene  # noqa: PLC0415

    table = pd.DataFrame({"task": votes.items, "worker": votes.labelers, "label": votes.answers})
    fitted = DawidSkene(n_iter=ROUNDS, tol=NEVER).fit_predict_proba(table)
    wanted = fitted.reindex(index=range(votes.item_count), columns=range(votes.class_count), fill_value=0.0)
    probabilities: Numbers = wanted.to_numpy(np.float64)
    return probabilities


def _cleanlab(votes: VoteTable, scores: Numbers) -> Numbers:
    from cleanlab.multiannotator import get_label_quality_multiannotator  # noqa: PLC0415

    wide = np.full((votes.item_count, votes.labeler_count), np.nan)
    wide[votes.items, votes.labelers] = votes.answers
    quality = get_label_quality_multiannotator(wide, scores, verbose=False, return_weights=True)
    # It gives the weights and the quality of its own answer, not the posterior: that is put together as it does.
    return _weighted(votes, scores, quality)


def _weighted(votes: VoteTable, scores: Numbers, quality: Any) -> Numbers:
    weights, model = np.asarray(quality["annotator_weight"]), float(quality["model_weight"])
    table = quality["label_quality"]
    several = votes.counts().sum(axis=1) > 1
    likelihood = float(table["annotator_agreement"].to_numpy()[several].mean())
    posterior = model * scores
    for item, labeler, answer in zip(votes.items, votes.labelers, votes.answers, strict=True):
        row = np.full(votes.class_count, (1.0 - likelihood) / (votes.class_count - 1))
        row[answer] = likelihood
        posterior[item] += weights[labeler] * row
    mixed: Numbers = posterior / posterior.sum(axis=1, keepdims=True)
    return mixed
