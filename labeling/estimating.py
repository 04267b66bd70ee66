"""Making the estimate of a project's labelers from all votes that count."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from labeling.adaptive import THOROUGH, Belief, believe
from labeling.consensus import calibration, crowdlab, dawid_skene, one_coin
from labeling.consensus.choice import LEAST_GOLD, Choice, choose_or
from labeling.consensus.confusion import SMALLEST
from labeling.consensus.dawid_skene import UNKNOWN, Evidence, expected, normalized
from labeling.consensus.votes import Codes, Mask, Numbers, VoteTable
from labeling.estimate import Crowd, Estimate, score_row
from schemas.answers import ClassName
from schemas.labels import Vote
from schemas.project import OverlapPolicy

# An estimate is made anew when there are so many more or fewer votes than when it was made, or this share of them.
NEWS, NEWS_SHARE = 50, 0.1
# Before labelers gave so many votes on the average to tasks with several, it is not known who can be believed.
WARM_UP = 24.0
# Where too little gold tells how far votes can be believed, it is no further than this: on eight real crowds gold found
# powers of .15 to .65, also where votes foretold each other as if they were independent.
TRUST_WITHOUT_GOLD = 0.7
# CROWDLAB is a candidate where more than this share of the tasks has scores.
SCORED = 0.5
# Who has not answered in so long before the last answer is not expected to be there.
ABSENT = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Material:
    """All that an estimate is made of; answers are today's `classes`, those of the guideline version `guideline`.

    - votes: by task; of a task that is gold, those given unseen come first
    - known: what experts answered, by task
    - gold: the tasks of `known` that are gold; methods are compared on them
    - scores: a model's, by task, as far as it had any
    - last: when each labeler answered last who may still label
    """

    classes: tuple[ClassName, ...]
    guideline: int
    votes: Mapping[int, Sequence[Vote]]
    known: Mapping[int, ClassName]
    gold: Collection[int]
    scores: Mapping[int, Mapping[ClassName, float]]
    last: Mapping[str, datetime]


@dataclass(frozen=True, kw_only=True)
class _Arrays:
    """The material as arrays, over I tasks and J labelers; `scores` (I, C) hold where `scored` (I,).

    `compared` are the votes by which methods are compared, on the tasks that are gold and have a known answer.
    """

    tasks: tuple[int, ...]
    labelers: tuple[str, ...]
    votes: VoteTable
    compared: VoteTable
    known: Codes
    is_gold: Mask
    scores: Numbers
    scored: Mask


def is_news(before: int, now: int) -> bool:
    """Say whether the number of votes has changed by so much that an estimate is to be made anew."""
    return abs(now - before) >= max(NEWS, NEWS_SHARE * before)


def is_warm(votes: int, labelers: int) -> bool:
    """Say whether labelers gave enough votes, on the average, to be told apart; votes that nobody else gave say little.

    So `votes` are those on tasks with several.
    """
    return votes > 0 and votes >= WARM_UP * labelers


def estimated(material: Material, policy: OverlapPolicy, version: int) -> Estimate | None:
    """Return the estimate; None before the warm-up is over.

    Methods are compared, and trust is found, by votes alone: for that the labelers are fitted without gold. Then they
    are fitted again with all that experts know. Of a gold task only as many votes count there as other tasks can get.
    """
    arrays = _arrays(material, policy)
    several = arrays.votes.counts().sum(axis=1)[arrays.votes.items] > 1
    if not is_warm(int(several.sum()), len(arrays.labelers)):
        return None
    blind = believe(arrays.votes, np.where(arrays.is_gold, UNKNOWN, arrays.known), steps=THOROUGH)
    to_tell = np.where(arrays.is_gold, arrays.known, UNKNOWN)
    trust = calibration.cautious(arrays.votes, [fit.labelers for fit in blind.fits], arrays.compared, to_tell)
    trust = trust if arrays.is_gold.sum() >= LEAST_GOLD else min(trust, TRUST_WITHOUT_GOLD)
    accuracy, crowd = calibration.accuracy(arrays.votes, arrays.compared, to_tell), _crowd(arrays, blind, to_tell)
    posteriors = _posteriors(arrays, blind, accuracy=accuracy, trust=trust, crowd=crowd)
    belief = believe(arrays.votes, arrays.known, last=blind, steps=THOROUGH) if arrays.is_gold.any() else blind
    return Estimate(
        version=version,
        guideline=material.guideline,
        classes=material.classes,
        labelers=arrays.labelers,
        active=_active(arrays.labelers, material.last),
        confusion=np.stack([np.vstack([fit.labelers.confusion, fit.labelers.pooled[None]]) for fit in belief.fits]),
        shares=np.stack([fit.labelers.shares for fit in belief.fits]),
        accuracy=accuracy,
        trust=trust,
        crowd=crowd,
        choice=_choice(arrays, posteriors),
        labels=len(arrays.votes),
    )


def _active(labelers: Sequence[str], last: Mapping[str, datetime]) -> frozenset[str]:
    newest = max(last.values(), default=None)
    return frozenset(name for name in labelers if newest and name in last and newest - last[name] <= ABSENT)


def _posteriors(
    arrays: _Arrays, blind: Belief, *, accuracy: float, trust: float, crowd: Crowd | None
) -> dict[str, Numbers]:
    """Return the posteriors (I, C) by each method, as tasks will be concluded: CROWDLAB where there are scores."""
    cautious = Evidence(trust=trust)
    fitted = np.mean([expected(arrays.compared, fit.labelers, cautious) for fit in blind.fits], axis=0)
    counts = arrays.compared.counts()
    worth = one_coin.log_odds(accuracy, counts.shape[1])
    found = {dawid_skene.METHOD: fitted, one_coin.METHOD: normalized(counts * worth)}
    if crowd is not None:
        mixed = crowdlab.weighted(crowdlab.by_answer(arrays.compared, crowd.weights), arrays.scores, crowd.weights)
        sharpened = normalized(crowd.sharpness * np.log(np.maximum(mixed, SMALLEST)))
        found[crowdlab.METHOD] = np.where(arrays.scored[:, None], sharpened, fitted)
    return found


def _choice(arrays: _Arrays, posteriors: Mapping[str, Numbers]) -> Choice:
    gold = np.flatnonzero(arrays.is_gold)
    return choose_or(dawid_skene.METHOD, {name: found[gold] for name, found in posteriors.items()}, arrays.known[gold])


def _crowd(arrays: _Arrays, blind: Belief, gold: Codes) -> Crowd | None:
    if float(arrays.scored.mean()) <= SCORED:
        return None
    weights = crowdlab.weigh(arrays.votes, arrays.scores)
    sharpness = calibration.sharpness(
        arrays.votes, blind.fits[0].labelers, arrays.compared, gold, scores=arrays.scores, weights=weights
    )
    return Crowd(weights=weights, sharpness=sharpness)


def _arrays(material: Material, policy: OverlapPolicy) -> _Arrays:
    tasks = tuple(sorted(task for task, votes in material.votes.items() if votes))
    labelers = tuple(sorted({vote.labeler for votes in material.votes.values() for vote in votes}))
    codes = {name: code for code, name in enumerate(material.classes)}
    table = _table(material, tasks, labelers)
    known = np.array([codes.get(material.known.get(task, ""), UNKNOWN) for task in tasks], np.int64)
    is_gold = np.array([task in material.gold for task in tasks], bool) & (known != UNKNOWN)
    turn = np.concatenate([np.arange(len(material.votes[task])) for task in tasks]) if tasks else np.zeros(0)
    rows = [score_row(material.scores.get(task), material.classes) for task in tasks]
    even = np.full(len(material.classes), 1.0 / len(material.classes))
    return _Arrays(
        tasks=tasks,
        labelers=labelers,
        votes=table,
        compared=table.rows(is_gold[table.items] & (turn < policy.most)),
        known=known,
        is_gold=is_gold,
        scores=np.array([even if row is None else row for row in rows]).reshape(-1, len(even)),
        scored=np.array([row is not None for row in rows], bool),
    )


def _table(material: Material, tasks: Sequence[int], labelers: Sequence[str]) -> VoteTable:
    """Return the votes task by task, each task's in their order."""
    codes = {name: code for code, name in enumerate(material.classes)}
    places = {name: place for place, name in enumerate(labelers)}
    rows = [
        (place, places[vote.labeler], codes[str(vote.answer)])
        for place, task in enumerate(tasks)
        for vote in material.votes[task]
    ]
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return VoteTable(
        items=columns[0],
        labelers=columns[1],
        answers=columns[2],
        item_count=len(tasks),
        labeler_count=len(labelers),
        class_count=len(codes),
    )
