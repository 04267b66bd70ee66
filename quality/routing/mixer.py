"""The mix: what each reason gets of the budget, by what its labels have changed so far.

A signal is worth what it finds beyond chance, and chance is measured: it is the hit rate of the audit, whose samples
are drawn uniformly. So where a signal hits no more often than that, its budget goes to uniform draws, and where it hits
ten times as often, nine tenths of the budget are its own.
"""

from collections.abc import Mapping

from schemas.routing import Hits
from schemas.verdicts import Reason

# Hit rates begin, by the weight of so many labels, as that of all reasons together for the audit, and as this for each
# signal: one that is hardly tried is taken to be good, and tried. So does what signals get in all, as the policy says.
PRIOR_LABELS, HOPED = 8.0, 1.0
# What a signal keeps of the budget for signals, of its even share: without labels there is no rate to go by.
EXPLORING = 0.2


def mix(weights: Mapping[str, float], hits: Mapping[str, Hits], *, audit: float, at_first: float) -> dict[str, float]:
    """Return the share of the budget by reason; they sum to 1, and the audit has at least `audit`.

    `weights` are the policy's, by signal, and `at_first` is what signals get until there are labels. With the hit rates
    h of the signals and h0 of the audit, the signals together get (1 - h0 / max h) of what is not the audit's by the
    policy, and each of them by its weight and its excess max(0, h - h0). What is left goes to the audit and, where it
    is turned on, to what is representative, in parts of 1 and its weight: it is no guess at where the model fails, so
    hits say nothing of it, but a uniform draw that repeats itself less.
    """
    signals = guesses(weights)
    together = (1.0 - audit) * _together(signals, hits, at_first) if signals else 0.0
    spread = weights.get(Reason.REPRESENTATIVE, 0.0)
    shares = {reason: together * part for reason, part in _split(signals, hits).items()}
    if spread:
        shares[Reason.REPRESENTATIVE] = max(0.0, 1.0 - together - audit) * spread / (spread + 1.0)
    return {**shares, Reason.AUDIT: 1.0 - sum(shares.values())}


def guesses(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the signals that guess where the model fails, in the order of their names."""
    return {reason: weight for reason, weight in sorted(weights.items()) if reason != Reason.REPRESENTATIVE}


def _together(signals: Mapping[str, float], hits: Mapping[str, Hits], at_first: float) -> float:
    """Return the part that signals have of what is not the audit's by the policy."""
    rates = hit_rates({*signals, Reason.AUDIT}, hits)
    chance, best = rates[Reason.AUDIT], max(rates[reason] for reason in signals)
    labels = sum(one.labels for one in hits.values())
    found = 1.0 - chance / best if best > chance else 0.0
    together = (PRIOR_LABELS * at_first + labels * found) / (PRIOR_LABELS + labels)
    return min(1.0, max(together, EXPLORING))


def _split(signals: Mapping[str, float], hits: Mapping[str, Hits]) -> dict[str, float]:
    """Return how signals divide what they have."""
    rates = hit_rates({*signals, Reason.AUDIT}, hits)
    excess = {reason: weight * max(0.0, rates[reason] - rates[Reason.AUDIT]) for reason, weight in signals.items()}
    even, beyond = sum(signals.values()), sum(excess.values())
    return {
        reason: EXPLORING * weight / even + (1.0 - EXPLORING) * (excess[reason] / beyond if beyond else weight / even)
        for reason, weight in signals.items()
    }


def hit_rates(reasons: set[str], hits: Mapping[str, Hits]) -> dict[str, float]:
    """Return the hit rates, that of the audit drawn towards that of all reasons together, the others towards `HOPED`.

    Source: the optimistic initial values of Sutton and Barto (2018), "Reinforcement Learning", section 2.6.
    """
    labels = sum(one.labels for one in hits.values())
    overall = sum(one.hits for one in hits.values()) / labels if labels else 0.0
    prior = {**dict.fromkeys(sorted(reasons), HOPED), Reason.AUDIT: overall}
    found = {reason: hits.get(reason, Hits()) for reason in prior}
    return {
        reason: (one.hits + PRIOR_LABELS * prior[reason]) / (one.labels + PRIOR_LABELS) for reason, one in found.items()
    }
