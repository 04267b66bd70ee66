"""Who labels anew once a guideline is published. All are simulated, but for those who say what real labelers said."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.guidelines.cases import SEEN, UNSEEN, Case, Nodule
from schemas.answers import ClassName
from schemas.labels import Vote

Random = np.random.Generator
# Returns the new votes on a task, as many as are asked for; it is told those of the first round.
Relabel = Callable[[int, tuple[Vote, ...], int, Random], tuple[Vote, ...]]

# A task is clear if so large a share of all its labels is the same.
CLEAR = 0.8


@dataclass(frozen=True, kw_only=True)
class Slips:
    """How often labelers are wrong where nothing is ambiguous: measured on the clear tasks, from all real labels."""

    rate: float
    tasks: int


def slips(case: Case) -> Slips:
    """Return the share of wrong labels on clear tasks whose right answer is known."""
    wrong = [
        np.mean([not case.same(str(vote.answer), case.gold[task]) for vote in votes])
        for task, votes in case.votes.items()
        if task in case.gold and _is_clear(case, task)
    ]
    return Slips(rate=float(np.mean(wrong)) if wrong else 0.0, tasks=len(wrong))


def _is_clear(case: Case, task: int) -> bool:
    right = np.mean([case.same(str(vote.answer), case.gold[task]) for vote in case.votes[task]])
    return bool(max(right, 1 - right) >= CLEAR)


def others(case: Case) -> Relabel:
    """Return real labels of the same tasks by labelers who had not labeled them in the first round.

    That is what labeling anew does by itself, without a new guideline.
    """

    def relabel(task: int, first: tuple[Vote, ...], count: int, random: Random) -> tuple[Vote, ...]:
        known = {vote.labeler for vote in first}
        left = [vote for vote in case.votes[task] if vote.labeler not in known]
        chosen = random.permutation(len(left))[:count]
        return tuple(left[place] for place in chosen)

    return relabel


def adopting(case: Case, slip: float, adopt: float) -> Relabel:
    """Return simulated labelers, a share of whom follows the new guideline; the others answer as real ones did.

    The guideline is taken to say what gold says. Who follows it is wrong as often as real labelers are on tasks that
    are clear, for that is what it makes of the touched ones. That is an assumption, not a measurement.
    """
    unmoved = others(case)

    def relabel(task: int, first: tuple[Vote, ...], count: int, random: Random) -> tuple[Vote, ...]:
        real = unmoved(task, first, count, random)
        follows, slipped = random.random(len(real)) < adopt, random.random(len(real)) < slip
        return tuple(
            Vote(labeler=f"simulated {vote.labeler}", answer=_told(case, task, right=not slipped[place]))
            if follows[place]
            else vote
            for place, vote in enumerate(real)
        )

    return relabel


def _told(case: Case, task: int, *, right: bool) -> ClassName:
    """Return the most frequent real answer to the task that gold agrees with, or the one that it does not."""
    gold = case.gold[task]
    given = Counter(str(vote.answer) for vote in case.votes[task])
    ranked = sorted(given, key=lambda answer: (-given[answer], answer))
    return next((answer for answer in ranked if case.same(answer, gold) is right), gold)


def alike() -> Relabel:
    """Return simulated readers who mark a nodule as often as real ones did: labeling anew without a new guideline."""

    def relabel(_: int, first: tuple[Vote, ...], count: int, random: Random) -> tuple[Vote, ...]:
        share = np.mean([vote.answer == SEEN for vote in first])
        return _readers(random.random(count) < share)

    return relabel


def measuring(found: Mapping[int, Nodule], least: float) -> Relabel:
    """Return simulated readers who mark just what they measure as `least` millimetres or more.

    Each measures the median diameter, off by as much as real readers differ about one nodule (in logarithms).
    """
    spread = _spread(found)

    def relabel(task: int, _: tuple[Vote, ...], count: int, random: Random) -> tuple[Vote, ...]:
        measured = found[task].diameter * np.exp(spread * random.standard_normal(count))
        return _readers(measured >= least)

    return relabel


def _spread(found: Mapping[int, Nodule]) -> float:
    """Return the standard deviation of the logarithm of a diameter within nodules of several readers."""
    logs = [np.log(nodule.diameters) for nodule in found.values() if len(nodule.diameters) > 1]
    squares = sum(float(((each - each.mean()) ** 2).sum()) for each in logs)
    return float(np.sqrt(squares / sum(len(each) - 1 for each in logs)))


def _readers(marked: NDArray[np.bool_]) -> tuple[Vote, ...]:
    return tuple(
        Vote(labeler=f"simulated reader {place + 1}", answer=SEEN if each else UNSEEN)
        for place, each in enumerate(marked.tolist())
    )
