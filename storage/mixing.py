"""What each reason of routing gets of the budget, and what its labels found."""

from dataclasses import dataclass

from sqlalchemy import Engine

from quality.intervals import Interval, wilson
from quality.routing.deciding import weights
from quality.routing.mixer import mix
from schemas.project import ProjectConfig
from schemas.routing import Hits, Quota, Steering
from storage.steering import newest


@dataclass(frozen=True, kw_only=True)
class ReasonWorth:
    """One reason: its share of the budget now, the labels that count for it, and how many of them changed something.

    Older labels weigh less, so neither is a whole number. `rate` is the share with Wilson's 95 % interval for as many
    whole labels; None before there is one.
    """

    reason: str
    share: float
    labels: float
    hits: float
    rate: Interval | None


@dataclass(frozen=True, kw_only=True)
class Mix:
    """Which steering is the last, and what each reason is worth by it, the largest share first.

    `quotas` are those that the model of the dataset version `asked_by` asks for.
    """

    steering: int
    temperature: float
    reasons: tuple[ReasonWorth, ...]
    quotas: tuple[Quota, ...]
    asked_by: int


def current_mix(engine: Engine, project: ProjectConfig) -> Mix:
    """Return the mix by the last steering; before there is one, as the policy begins."""
    policy, steering = project.routing, newest(engine, project.name) or Steering()
    shares = mix(weights(policy), steering.hits, audit=policy.audit, at_first=policy.at_first)
    names = sorted({*shares, *steering.hits}, key=lambda name: (-shares.get(name, 0.0), name))
    reasons = tuple(_worth(name, shares.get(name, 0.0), steering.hits.get(name, Hits())) for name in names)
    return Mix(
        steering=steering.version,
        temperature=steering.temperature,
        reasons=reasons,
        quotas=steering.quotas,
        asked_by=steering.asked_by,
    )


def _worth(reason: str, share: float, hits: Hits) -> ReasonWorth:
    labels = round(hits.labels)
    rate = wilson(min(labels, round(hits.hits)), labels) if labels else None
    return ReasonWorth(reason=reason, share=share, labels=hits.labels, hits=hits.hits, rate=rate)
