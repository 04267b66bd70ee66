"""Every set under every budget by every selector, seed by seed, in as many processes as there are cores."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from bench.routing.centers import KCenter
from bench.routing.chance import Random
from bench.routing.measures import Figures, figures, near
from bench.routing.ours import Assay
from bench.routing.replay import replay
from bench.routing.selector import Reasoned, Selector
from bench.routing.sets import LabeledSet, parted, shuffled, thinned
from bench.routing.sources import Source
from bench.routing.typicality import Typicality
from bench.routing.uncertainty import Entropy, LeastConfidence, Margin

SELECTORS: Mapping[str, Callable[[int], Selector]] = {
    "random": Random,
    "least_confidence": LeastConfidence,
    "margin": Margin,
    "entropy": Entropy,
    "k_center": KCenter,
    "typicality": Typicality,
    "assay": Assay,
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One replay: a set's stream for a seed, and the selector that meets it."""

    source: Source
    budget: float
    selector: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What is streamed of a set, what is held out, and how near near duplicates are."""

    streamed: LabeledSet
    held_out: LabeledSet
    epsilon: float


@lru_cache(maxsize=2)
def parts(source: Source) -> Parts:
    """Return the parts of a set; read once in a process, as the jobs of a set follow each other."""
    streamed, held_out = parted(source.read(source.folder))
    return Parts(streamed=streamed, held_out=held_out, epsilon=near(streamed))


def stream(source: Source, seed: int) -> LabeledSet:
    """Return the stream that a seed makes of a set: the same for every selector and budget."""
    rng = np.random.default_rng(seed)
    streamed = parts(source).streamed
    return shuffled(streamed if source.thin is None else thinned(streamed, source.thin, rng), rng)


def measure(job: Job) -> Figures:
    """Run one replay and measure it."""
    replayed, selector = stream(job.source, job.seed), SELECTORS[job.selector](job.seed)
    outcome = replay(replayed, selector, job.budget)
    return figures(
        outcome,
        replayed,
        parts(job.source).held_out,
        budget=job.budget,
        epsilon=parts(job.source).epsilon,
        hit_rates=selector.hit_rates() if isinstance(selector, Reasoned) else {},
    )


def grid(sources: Sequence[Source], budgets: Sequence[float], selectors: Sequence[str], seeds: int) -> list[Job]:
    """Return all jobs, set by set."""
    return [
        Job(source=source, budget=budget, selector=selector, seed=seed)
        for source, budget, selector, seed in product(sources, budgets, selectors, range(seeds))
    ]
