"""Once around the loop: a first round of labels, the findings in them, a new guideline, and the touched tasks anew."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.guidelines.cases import Case, Same
from bench.guidelines.relabeling import Random, Relabel
from labeling.guidelines import Cast, Pair
from labeling.revision import Effect, effect
from schemas.answers import ClassName
from schemas.guidelines import Definition, Guideline
from schemas.labels import Vote
from schemas.project import LabelSpace

# Labels of a task in either round.
FIRST = 3

Chosen = Mapping[int, tuple[Vote, ...]]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What one arm came to: the effect as the product reports it, and the majority's accuracy where gold is known.

    Accuracy is over all tasks with gold, touched or not, before and after; None without gold.
    """

    effect: Effect
    accuracy_before: float | None
    accuracy_after: float | None


def first_round(case: Case, random: Random) -> Chosen:
    """Draw the labels of a first round, among those who really gave them."""
    return {
        task: tuple(votes[place] for place in random.permutation(len(votes))[:FIRST])
        for task, votes in case.votes.items()
    }


def turn(case: Case, first: Chosen, settles: Sequence[Pair], relabel: Relabel, random: Random) -> Turn:
    """Settle pairs in version 2 and label anew the tasks that it touches, no others."""
    classes = sorted({str(vote.answer) for votes in case.votes.values() for vote in votes})
    definitions = tuple(Definition(name=name) for name in classes)
    old = Guideline(version=1, body="As the labelers were told.", definitions=definitions)
    new = Guideline(version=2, body="What settles them.", definitions=definitions, settles=tuple(settles))
    anew = {
        task: relabel(task, votes, FIRST, random)
        for task, votes in first.items()
        if any({one, other} <= {vote.answer for vote in votes} for one, other in settles)
    }
    casts = {task: [*_casts(votes, 1), *_casts(anew.get(task, ()), 2)] for task, votes in first.items()}
    return Turn(
        effect=effect(2, casts, [old, new], LabelSpace(classes=classes)),
        accuracy_before=accuracy(case, first),
        accuracy_after=accuracy(case, {**first, **anew}),
    )


def _casts(votes: Sequence[Vote], version: int) -> list[Cast]:
    return [Cast(vote=vote, guideline=version) for vote in votes]


def accuracy(case: Case, chosen: Chosen) -> float | None:
    """Return how often the majority is right, where gold is known; of a tie its share that is right counts."""
    right = [_majority(chosen[task], gold, case.same) for task, gold in case.gold.items() if chosen.get(task)]
    return float(np.mean(right)) if right else None


def _majority(votes: Sequence[Vote], gold: ClassName, same: Same) -> float:
    counts = Counter(str(vote.answer) for vote in votes)
    most = [answer for answer, count in counts.items() if count == max(counts.values())]
    return float(np.mean([same(answer, gold) for answer in most]))
