"""Class pairs that labelers confuse."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb

from labeling.findings.evidence import best, quoted
from quality.chance import LEVEL, binomial_tail, clopper_pearson, holm
from quality.intervals import Interval
from schemas.answers import ClassName
from schemas.labels import Finding, FindingKind, Vote

Pair = tuple[ClassName, ClassName]


def confused_pairs(tasks: Mapping[int, Sequence[Vote]]) -> list[Finding]:
    """Return each pair of classes that one task at least was given both of; `tasks` holds the votes by task id.

    Pairs confused beyond chance come first (`p_value` up to `LEVEL`), then those that chance explains; of either, the
    pair of most tasks first, equals in the order of the names. So are the two classes of a pair.

    By chance, disagreements would fall on pairs as often as their classes are given. Each of D disputed tasks counts
    for a pair by the share x of its differing answers that are the pair; with q_c the mean share of class c in tasks:

        expected = q_c q_k / Σ_{a<b} q_a q_b,  effect = (Σ x / D) / expected

    Tested by the binomial tail of Σ x of D, corrected for all pairs of the classes given (Holm); the interval is
    Clopper and Pearson's. Two classes have one pair, on which all disagreement falls: there chance explains
    everything, and slices tell more.
    """
    counted = {task: Counter(str(vote.answer) for vote in votes) for task, votes in tasks.items()}
    either = Counter(answer for counts in counted.values() for answer in counts)
    shares = _shares(counted)
    disputed = sum(len(counts) > 1 for counts in counted.values())
    expected = _expected(counted)
    pairs = sorted(shares)
    sums = [sum(shares[pair].values()) for pair in pairs]
    raw = [binomial_tail(total, disputed, expected[pair]) for pair, total in zip(pairs, sums, strict=True)]
    found = [
        _finding(
            pair,
            {task: _evenness(counted[task], pair) for task in shares[pair]},
            of=either[pair[0]] + either[pair[1]] - len(shares[pair]),
            lift=_over(clopper_pearson(total, disputed), expected[pair]),
            p_value=p_value,
        )
        for pair, total, p_value in zip(pairs, sums, holm(raw, tests=comb(len(either), 2)), strict=True)
    ]
    return sorted(found, key=lambda finding: (finding.p_value > LEVEL, -finding.tasks, finding.classes))


def _finding(pair: Pair, torn: Mapping[int, float], *, of: int, lift: Interval, p_value: float) -> Finding:
    one, other = map(quoted, pair)
    return Finding(
        kind=FindingKind.CONFUSION,
        says=f"{one} and {other} were both given to {len(torn)} of {of} tasks with either: "
        f"{lift.estimate:.1f} times what chance puts there.",
        classes=pair,
        tasks=len(torn),
        of=of,
        effect=lift.estimate,
        low=lift.low,
        high=lift.high,
        p_value=p_value,
        examples=best(torn),
    )


def _over(share: Interval, expected: float) -> Interval:
    """Return a share as a multiple of the expected one."""
    return Interval(estimate=share.estimate / expected, low=share.low / expected, high=share.high / expected)


def _shares(counted: Mapping[int, Counter[ClassName]]) -> dict[Pair, dict[int, float]]:
    """Return what share of each task's differing answers is each pair, by pair and task."""
    shares: defaultdict[Pair, dict[int, float]] = defaultdict(dict)
    for task, counts in counted.items():
        differing = (counts.total() ** 2 - sum(count**2 for count in counts.values())) / 2
        for one, other in combinations(sorted(counts), 2):
            shares[one, other][task] = counts[one] * counts[other] / differing
    return dict(shares)


def _expected(counted: Mapping[int, Counter[ClassName]]) -> dict[Pair, float]:
    """Return the share of all disagreement that falls on each pair by chance."""
    given: defaultdict[ClassName, float] = defaultdict(float)
    for counts in counted.values():
        for answer, count in counts.items():
            given[answer] += count / counts.total()
    products = {(one, other): given[one] * given[other] for one, other in combinations(sorted(given), 2)}
    total = sum(products.values())
    return {pair: min(1.0, product / total) for pair, product in products.items()}


def _evenness(counts: Counter[ClassName], pair: Pair) -> float:
    """Return the share of a task's pairs of answers that are the two classes: most where the task is torn in half."""
    return counts[pair[0]] * counts[pair[1]] / comb(counts.total(), 2)
