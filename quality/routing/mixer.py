"""The mix: what each reason gets of the budget, by what its labels have changed so far.

A signal is worth what it finds beyond chance, and chance is measured: it is the hit rate of the audit, whose samples
are drawn uniformly. So where a signal hits no more often than that, its budget goes to uniform draws, and where it hits
ten times as often, nine tenths of the budget are its own.
"""

from collections.abc import Mapping

from schemas.routing import Hits

# Hit rates begin, for each reason, as that of all reasons together, by the weight of so many labels.
PRIOR_LABELS = 8.0
# What a signal keeps of the budget for signals, of its even share: without labels there is no rate to go by.
EXPLORING = 0.2
# Of the budget, what signals get before there is a label, and at most.
AT_FIRST = 0.5


def mix(weights: Mapping[str, float], audit: float, hits: Mapping[str, Hits], audit_reason: str) -> dict[str, float]:
    """Return the share of the budget by reason; they sum to 1, and the audit has at least `audit`.

    `weights` are the policy's, by signal. With the hit rates h of the signals and h0 of the audit, the signals together
    get (1 - h0 / max h) of the budget, and each of them by its weight and its excess max(0, h - h0).
    """
    signals = dict(sorted(weights.items()))
    if not signals:
        return {audit_reason: 1.0}
    rates = _rates({*signals, audit_reason}, hits)
    chance, best = rates[audit_reason], max(rates[reason] for reason in signals)
    known = sum(one.labels for one in hits.values())
    found = 1.0 - chance / best if best > chance else 0.0
    together = (PRIOR_LABELS * AT_FIRST + known * found) / (PRIOR_LABELS + known)
    together = min(1.0 - audit, max(together, EXPLORING * (1.0 - audit)))
    excess = {reason: weight * max(0.0, rates[reason] - chance) for reason, weight in signals.items()}
    even, beyond = sum(signals.values()), sum(excess.values())
    split = {
        reason: EXPLORING * weight / even + (1.0 - EXPLORING) * (excess[reason] / beyond if beyond else weight / even)
        for reason, weight in signals.items()
    }
    return {**{reason: together * part for reason, part in split.items()}, audit_reason: 1.0 - together}


def _rates(reasons: set[str], hits: Mapping[str, Hits]) -> dict[str, float]:
    """Return the hit rates, each drawn towards that of all reasons together."""
    labels = sum(one.labels for one in hits.values())
    overall = sum(one.hits for one in hits.values()) / labels if labels else 0.0
    found = {reason: hits.get(reason, Hits()) for reason in sorted(reasons)}
    return {reason: (one.hits + PRIOR_LABELS * overall) / (one.labels + PRIOR_LABELS) for reason, one in found.items()}
