"""What a project brings along for the demo to run on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from examples.simulation.change import Change, Model
from examples.simulation.faults import Fault, Production, planted
from examples.simulation.labelers import AnswerKey, Pair, SimulatedLabeler
from examples.simulation.records import Good


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A project's simulated production, and the simulated people who label it: `SIMULATION` in its `simulation.py`.

    `real` says in a few words what of it is real. `good(n, generator)` returns n good records in the order of their
    times. `sight` names the fields of the payload that labelers judge by. `revision(pair)` is what the lead writes
    into the guideline to settle a pair. `change` is what happens in one slice later, if anything does.
    """

    real: str
    good: Callable[[int, np.random.Generator], Sequence[Good]]
    faults: tuple[Fault, ...]
    sight: tuple[str, ...]
    labelers: tuple[SimulatedLabeler, ...]
    revision: Callable[[Pair], str]
    change: Change | None = None

    def production(self, seed: int, samples: int) -> list[Production]:
        """Return `samples` good records and, among them, the planted faults in proportion; the seed decides all."""
        generator = np.random.default_rng(seed)
        return list(planted(self.good(samples, generator), self.faults, generator))

    def later(self, change: Change, numbers: range, seed: int, model: Model, *, changed: bool) -> list[Production]:
        """Return good records of these numbers, which follow the first day's; the seed and the numbers decide all."""
        generator = np.random.default_rng((seed, numbers.start))
        return list(planted(change.later(numbers, generator, model, changed=changed), (), generator))

    def answer_key(self, records: Sequence[Production], *, classes: Sequence[str], seed: int) -> AnswerKey:
        """Return what the labelers answer by, where these records are produced."""
        return AnswerKey.of(records, self.sight, classes=classes, seed=seed)
