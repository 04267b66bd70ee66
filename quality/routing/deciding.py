"""What a block is decided by: worked out once, from all that came before it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from quality.routing import confirming
from quality.routing.bins import BINS, NONE, Bins, binned, supply, threshold
from quality.routing.budget import TOKEN, Purse, wanted
from quality.routing.counts import Counts, Values
from quality.routing.mixer import guesses, mix
from quality.routing.quota import Chances, left, shortfalls
from quality.routing.rare import rare
from schemas.routing import Confirming, Quota, RoutingPolicy, Steering
from schemas.verdicts import Reason

# The draw that decides which vectors stand for a block.
SAMPLE = "sample"
# Signals select less than their thresholds let through where they agree, or repeat what is queued: thresholds make up
# for it, down to this part.
LEAST_YIELD = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Deciding:
    """The share of each value of the columns that `rare` looks at, each signal's threshold, and what is drawn besides.

    `quotas` are the policy's and the steering's, `purposes` what draws are made for, `slices` the columns of which
    values may be short, `columns` all that are counted. `mix` is the share of the budget by reason, `offered` the part
    of the stream that thresholds are to select, `short` the chances of slices that are short, `confirming` those of the
    slices of `alarms` by their numbers, `audit` the share that is drawn uniformly. `guesses` are the signals that guess
    where the model fails, and `guessed` is the share of the budget that they may spend.
    """

    policy: RoutingPolicy
    quotas: tuple[Quota, ...]
    purposes: tuple[str, ...]
    slices: tuple[str, ...]
    columns: tuple[str, ...]
    mix: Mapping[str, float]
    guesses: frozenset[str]
    guessed: float
    shares: Mapping[str, Mapping[str, float]]
    thresholds: Mapping[str, float]
    offered: float
    short: Chances
    alarms: tuple[Confirming, ...]
    confirming: Mapping[int, float]
    audit: float


def weights(policy: RoutingPolicy) -> dict[str, float]:
    """Return the weight of each signal that the policy turns on, by reason."""
    own = {name: signal.weight for name, signal in policy.own.items()}
    built_in = {
        Reason.UNCERTAIN: policy.uncertain,
        Reason.RARE: policy.rare,
        Reason.NOVEL: policy.novel,
        Reason.REPRESENTATIVE: policy.representative,
        Reason.DISAGREEMENT: policy.disagreement,
    }
    return {**{reason: signal.weight for reason, signal in built_in.items() if signal}, **own}


def reads(deciding: Deciding, *, as_predicted: bool) -> frozenset[str]:
    """Return the columns that a block's samples are asked for, but for those of own signals.

    Margins are enough where scores are taken `as_predicted`.
    """
    policy, found = deciding.policy, {*deciding.columns}
    if policy.uncertain:
        by_margins = as_predicted and policy.uncertain.measure == "margin"
        found.add("prediction.margin" if by_margins else "prediction.scores")
    if policy.disagreement:
        found |= {"prediction.top", policy.disagreement.column}
    if policy.space:
        found.add(policy.space.field)
    return frozenset(found)


def decide(policy: RoutingPolicy, steering: Steering, used: Counts, purse: Purse, filled: Values) -> Deciding:
    """Return what decides a block, after what was counted before it; in the very first one all draws are uniform.

    `filled` is how many were selected so far of the slices that have quotas.
    """
    records = used.routed / used.blocks if used.blocks else float(policy.block)
    income, aim = wanted(policy.budget, purse, policy.block, records)
    signals = weights(policy)
    guessing = guesses(signals)
    parts = mix(signals, steering.hits, audit=policy.audit, at_first=policy.at_first)
    audit = min(aim, parts[Reason.AUDIT] * income)
    scores = _scores(policy, used)
    quotas = (*policy.quotas, *steering.quotas)
    short = shortfalls(used, short=left(quotas, filled), fair=policy.fair, wanted=aim - audit, records=records)
    alarms = steering.confirming
    confirmed = confirming.chances(alarms, used, filled, wanted=aim - audit, records=records)
    drawn = _drawn(used, short, records) + confirming.expected(alarms, confirmed, used, records)
    share = max(0.0, aim - audit - drawn) / records
    yielded = max(LEAST_YIELD, min(1.0, used.chosen / used.offered)) if used.offered else 1.0
    of_signals = {reason: parts[reason] for reason in signals}
    shares = _filled(of_signals, share / yielded, scores)
    # They may spend their part of the mix, and what their thresholds aim at where others have nothing to select.
    guessed = max(
        income * sum(parts[reason] for reason in guessing),
        yielded * records * sum(shares[reason] for reason in guessing),
    )
    if purse.saved / TOKEN + guessed < 1.0:  # they wait, and the others have their share
        shares = _filled({**of_signals, **dict.fromkeys(guessing, 0.0)}, share / yielded, scores)
    offered = sum(shares.values())
    slices = tuple(sorted({*policy.fair, *(quota.column for quota in quotas)}))
    looked_at = policy.rare.columns if policy.rare else ()
    return Deciding(
        policy=policy,
        quotas=quotas,
        purposes=(*signals, Reason.QUOTA, Reason.DRIFT, Reason.AUDIT, *((SAMPLE,) if policy.space else ())),
        slices=slices,
        columns=tuple(sorted({*slices, *looked_at, *(one.column for one in alarms if one.column is not None)})),
        mix=parts,
        guesses=frozenset(guessing),
        guessed=min(1.0, guessed / income) if income else 0.0,
        shares={column: used.shares(column) for column in looked_at},
        thresholds={reason: threshold(scores[reason], share) for reason, share in shares.items()},
        offered=offered,
        short=short,
        alarms=alarms,
        confirming=confirmed,
        audit=min(1.0, audit / records + max(0.0, share - offered * yielded)),
    )


def _scores(policy: RoutingPolicy, used: Counts) -> dict[str, Bins]:
    """Return the histogram of each signal's scores.

    Those of `rare` follow from the counts of values, and change with them: what a value scored earlier says nothing.
    """
    found = {reason: used.scores.get(reason, NONE) for reason in weights(policy)}
    if policy.rare:
        bins = np.zeros(BINS)
        for column in policy.rare.columns:
            counts = used.seen.get(column, {})
            by_now = rare(list(counts), used.shares(column), policy.rare.below)
            bins += np.bincount(binned(by_now), list(counts.values()), BINS)
        bins[0] = max(0.0, used.routed - float(bins[1:].sum()))
        found[Reason.RARE] = bins
    return found


def _drawn(used: Counts, short: Chances, records: float) -> float:
    """Return how many samples of short slices will be drawn."""
    drawn = 0.0
    for column, chances in short.items():
        shares = used.shares(column)
        drawn += sum(chance * shares.get(value, 0.0) * records for value, chance in chances.items())
    return drawn


def _filled(parts: Mapping[str, float], share: float, scores: Mapping[str, Bins]) -> dict[str, float]:
    """Divide a share of the stream by the parts; what a signal has no scores for goes to the others, if they have."""
    supplies = {reason: supply(scores[reason]) for reason in parts}
    filled = dict.fromkeys(parts, 0.0)
    hungry = {reason: part for reason, part in parts.items() if part}
    while hungry and share > 1.0 / BINS**3:
        total = sum(hungry.values())
        given = {
            reason: min(share * part / total, supplies[reason] - filled[reason]) for reason, part in hungry.items()
        }
        for reason, more in given.items():
            filled[reason] += more
        if sum(given.values()) >= share:
            break
        share -= sum(given.values())
        hungry = {reason: part for reason, part in hungry.items() if supplies[reason] - filled[reason] > 0}
    return filled
