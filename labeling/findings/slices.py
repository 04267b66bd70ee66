"""Slices on which labelers agree less than on the rest."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from operator import eq

from labeling.findings.evidence import best
from quality.chance import LEVEL, holm, hypergeometric_tail
from quality.intervals import difference, wilson
from schemas.answers import Answer
from schemas.labels import Finding, FindingKind, Vote

# The tasks with two answers that a slice needs to be looked at; fewer would only add to what is corrected for.
LEAST = 10

Slice = tuple[str, str]
Same = Callable[[Answer, Answer], bool]


def disputed_slices(
    tasks: Mapping[int, Sequence[Vote]], columns: Mapping[int, Mapping[str, str]], same: Same = eq
) -> list[Finding]:
    """Return the slices on which more tasks are disputed than on the rest, clearest first.

    `tasks` holds the votes and `columns` the values to slice by (attributes, source, week), both by task id. A task is
    disputed if two of its answers are not the `same`; tasks with one answer are left out. The effect is by how much
    the disputed share exceeds that of the rest, with Newcombe's interval. Tested by Fisher's exact test, corrected over
    all slices looked at (Holm). Overlap that asks more labelers where the first disagree does so on any slice alike, so
    it makes no finding.
    """
    torn = {task: _torn(votes, same) for task, votes in tasks.items() if len(votes) > 1}
    slices: defaultdict[Slice, list[int]] = defaultdict(list)
    for task in torn:
        for each in columns.get(task, {}).items():
            slices[each].append(task)
    looked_at = {name: held for name, held in slices.items() if LEAST <= len(held) <= len(torn) - LEAST}
    everywhere = sum(share > 0 for share in torn.values())
    hits = {name: sum(torn[task] > 0 for task in held) for name, held in looked_at.items()}
    raw = [hypergeometric_tail(hits[name], len(held), everywhere, len(torn)) for name, held in looked_at.items()]
    found = [
        _finding(name, {task: torn[task] for task in held}, everywhere - hits[name], len(torn) - len(held), p_value)
        for (name, held), p_value in zip(looked_at.items(), holm(raw), strict=True)
        if p_value <= LEVEL
    ]
    return sorted(found, key=lambda finding: (finding.p_value, -finding.effect, finding.slice))


def _torn(votes: Sequence[Vote], same: Same) -> float:
    """Return the share of pairs of answers that differ."""
    pairs = [not same(one.answer, other.answer) for one, other in combinations(votes, 2)]
    return sum(pairs) / len(pairs)


def _finding(name: Slice, torn: Mapping[int, float], hits_elsewhere: int, elsewhere: int, p_value: float) -> Finding:
    disputed = {task: share for task, share in torn.items() if share > 0}
    here, rest = wilson(len(disputed), len(torn)), wilson(hits_elsewhere, elsewhere)
    excess = difference(here, rest)
    return Finding(
        kind=FindingKind.SLICE,
        says=f"Where {name[0]} is {name[1]}, {here.estimate:.0%} of {len(torn)} tasks are disputed, elsewhere "
        f"{rest.estimate:.0%} of {elsewhere}.",
        slice=name,
        tasks=len(disputed),
        of=len(torn),
        effect=excess.estimate,
        low=excess.low,
        high=excess.high,
        p_value=p_value,
        examples=best(disputed),
        evidence=tuple(sorted(disputed)),
    )
