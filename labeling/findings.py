"""Patterns of disagreement that the guideline should settle."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from schemas.labels import Answer, Finding, Vote


def confused_pairs(tasks: Iterable[Sequence[Vote]]) -> list[Finding]:
    """Return each pair of classes that one task at least was given both of: most tasks first.

    Equal counts stand in the order of the names; so do the two classes of a pair.
    """
    given: Counter[Answer] = Counter()
    both: Counter[tuple[Answer, Answer]] = Counter()
    for votes in tasks:
        answers = sorted({vote.answer for vote in votes})
        given.update(answers)
        both.update(combinations(answers, 2))
    ranked = sorted(both.items(), key=lambda item: (-item[1], item[0]))
    return [
        Finding(classes=(one, other), tasks=tasks, of=given[one] + given[other] - tasks)
        for (one, other), tasks in ranked
    ]
